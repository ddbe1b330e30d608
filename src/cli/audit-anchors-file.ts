// Anchors of the audit chain in files: log lines of the service among others, or documents that were sent elsewhere.

import { readFileSync } from 'node:fs';
import type { AuditAnchor } from '../audit/audit-chain.ts';
import { StartupProblem } from '../shared/errors.ts';

export interface ReadAnchors {
  readonly anchors: readonly AuditAnchor[];
  /** Lines that look like anchors and are none, as where somebody has changed them. */
  readonly unreadable: number;
}

/** @throws StartupProblem for a file that cannot be read, or without any anchor. */
export function anchorsOf(files: readonly string[]): ReadAnchors {
  const read = files.map((file) => {
    const found = readAnchors(textOf(file));
    if (found.anchors.length === 0)
      throw new StartupProblem(`There is no anchor in ${file}. Lines such as {"seq":1000,"head":"sha256:…"} are.`);
    return found;
  });
  return {
    anchors: read.flatMap(({ anchors }) => anchors),
    unreadable: read.reduce((sum, { unreadable }) => sum + unreadable, 0),
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new StartupProblem(`The file ${file} with the anchors cannot be read.`);
  }
}

/** @param text lines; what precedes the JSON document in one, such as a container's name, does not matter. */
export function readAnchors(text: string): ReadAnchors {
  const found = text.split('\n').flatMap((line) => anchorIn(line) ?? []);
  const anchors = found.filter((one) => one !== 'unreadable');
  return { anchors, unreadable: found.length - anchors.length };
}

/** Undefined: nothing about an anchor, as most lines of a log are. */
function anchorIn(line: string): AuditAnchor | 'unreadable' | undefined {
  const start = line.indexOf('{');
  if (start === -1 || !/"sha256:|"audit anchor"/.test(line)) return undefined;
  try {
    const { seq, head, time } = JSON.parse(line.slice(start)) as { seq?: unknown; head?: unknown; time?: unknown };
    // Another document that happens to have such a word in it.
    if (seq === undefined && head === undefined) return undefined;
    if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) return 'unreadable';
    if (typeof head !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(head)) return 'unreadable';
    const at = new Date(typeof time === 'string' || typeof time === 'number' ? time : Number.NaN);
    return Number.isFinite(at.getTime()) ? { seq, head, at } : { seq, head };
  } catch {
    return 'unreadable';
  }
}
