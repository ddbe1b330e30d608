// Secrets from files, as Docker, Kubernetes and systemd hand them over: X_FILE names the file that holds X.
import { accessSync, constants, readFileSync, type Stats, statSync } from 'node:fs';
import type { Env } from './config-checks.ts';
import { VARIABLES } from './variables.ts';

/** Names of the variables whose value may come from a file. */
export const SECRET_NAMES: readonly string[] = Object.entries(VARIABLES).flatMap(([name, variable]) =>
  'secret' in variable ? [name] : [],
);

const MAX_BYTES = 64 * 1024;

export interface SecretsRead {
  /** With the values of the files in place. */
  readonly env: Env;
  /** One sentence each, beginning with the variable and never with anything of a value in it. */
  readonly problems: readonly string[];
  /** The same, of what works and should not be so. */
  readonly warnings: readonly string[];
}

/** Reads every X_FILE of a secret. Links are followed: Kubernetes mounts secrets as links that it turns round at a change. */
export function readSecretFiles(env: Env): SecretsRead {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const name of SECRET_NAMES) {
    const variable = `${name}_FILE`;
    const path = env[variable]?.trim();
    if (!path) continue;
    if (env[name]?.trim()) {
      problems.push(`${name} and ${variable} are both set: keep one of them`);
      continue;
    }
    const { value, problem, warning } = readSecret(path);
    if (value !== undefined) values[name] = value;
    if (problem !== undefined) problems.push(`${variable} names ${path}, which ${problem}`);
    if (warning !== undefined) warnings.push(`${variable} names ${path}, which ${warning}`);
  }
  return { env: { ...env, ...values }, problems, warnings };
}

interface Secret {
  readonly value?: string;
  readonly problem?: string;
  readonly warning?: string;
}

function readSecret(path: string): Secret {
  let stats: Stats;
  let bytes: Buffer;
  try {
    stats = statSync(path);
    if (stats.isDirectory()) return { problem: 'is a folder: name the file in it' };
    // A pipe or a device would keep the start waiting.
    if (!stats.isFile()) return { problem: 'is not a regular file' };
    if (stats.size > MAX_BYTES) return { problem: 'is larger than 64 KiB: that is no secret' };
    accessSync(path, constants.R_OK);
    bytes = readFileSync(path);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
  const value = textOf(bytes);
  if (value === undefined) return { problem: 'is not text in UTF-8' };
  if (value === '') return { problem: 'is empty' };
  if (/[\r\n]/.test(value)) return { problem: 'holds several lines: it must hold the value and nothing else' };
  // Windows has no such bits. A group may be how an orchestrator hands a secret over.
  const open = process.platform !== 'win32' && (stats.mode & 0o007) !== 0;
  return open ? { value, warning: 'can be read by every user of this machine: chmod o= it' } : { value };
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'is not there';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by the user that the service runs as';
  return `cannot be read (${code ?? 'unknown error'})`;
}

/** Without the line break that editors and `echo` leave at the end. */
function textOf(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text.trim();
  } catch {
    return undefined;
  }
}
