// Services that run from this checkout right now: each listens on a socket in node_modules (src/app/running-mark.ts).
import { readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join, relative } from 'node:path';

const MARK = /^\.service-(\d+)\.sock$/;
const ANSWER_MS = 2000;

/** @returns their process ids. */
export async function runningServices(root) {
  const folder = join(root, 'node_modules');
  const running = [];
  for (const name of namesIn(folder)) {
    const [, pid] = MARK.exec(name) ?? [];
    if (pid === undefined) continue;
    const mark = join(folder, name);
    if (await answers(mark)) running.push(pid);
    else rmSync(mark, { force: true });
  }
  return running;
}

function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A socket of a process that was killed refuses at once. */
function answers(mark) {
  return new Promise((resolve) => {
    // The shorter way: paths of sockets may have 100 characters or so.
    const socket = connect({ path: relative(process.cwd(), mark) });
    socket.setTimeout(ANSWER_MS, () => end(true));
    socket.on('connect', () => end(true));
    socket.on('error', ({ code }) => end(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
  });
}
