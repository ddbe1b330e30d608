// Anchors of the audit chain in a file: log lines of the service among others, or documents that were sent elsewhere.
import type { AuditAnchor } from '../audit/audit-verification.ts';

/** @param text lines; what precedes the JSON document in one, such as a container's name, does not matter. */
export function readAnchors(text: string): AuditAnchor[] {
  return text.split('\n').flatMap((line) => anchorIn(line) ?? []);
}

function anchorIn(line: string): AuditAnchor | undefined {
  const start = line.indexOf('{');
  // Most lines of a log are others.
  if (start === -1 || !line.includes('"sha256:')) return undefined;
  try {
    const { seq, head } = JSON.parse(line.slice(start)) as { seq?: unknown; head?: unknown };
    if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) return undefined;
    return typeof head === 'string' && /^sha256:[0-9a-f]{64}$/.test(head) ? { seq, head } : undefined;
  } catch {
    return undefined;
  }
}
