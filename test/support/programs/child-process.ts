// A script of ours in a process of its own, read line by line, and killed without mercy.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface LineProcess {
  /** Waits for the next line of its standard output. @throws Error with its standard error where it ends or is silent for a minute. */
  nextLine(): Promise<string>;
  /** kill -9. @returns the lines that were still on their way. */
  kill(): Promise<string[]>;
  readonly stderr: () => string;
}

/** @param script an absolute path or URL of a `.ts` file. */
export function startScript(script: URL, ...args: string[]): LineProcess {
  const child: ChildProcess = spawn(process.execPath, [script.pathname, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const { stdout } = child;
  if (stdout === null) throw new Error('the script has no output');
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  return {
    stderr: () => stderr,
    async nextLine() {
      const silence = AbortSignal.timeout(60_000);
      const line = await Promise.race([lines.next(), once(silence, 'abort').then(() => undefined)]);
      if (line === undefined || line.done) throw new Error(`no line from the script: ${stderr}`);
      return line.value;
    },
    async kill() {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await gone;
      const rest: string[] = [];
      for (let line = await lines.next(); !line.done; line = await lines.next()) rest.push(line.value);
      return rest;
    },
  };
}
