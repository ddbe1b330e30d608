// Certificates and keys that the configuration names.
import { readFileSync } from 'node:fs';
import { StartupProblem } from '../shared/errors.ts';

/** @param variable the variable that names the file. @throws StartupProblem where it cannot be read or is no PEM. */
export function readPem(variable: string, file: string): Buffer {
  let pem: Buffer;
  try {
    pem = readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartupProblem(`${variable} names ${file}, which cannot be read (${code ?? 'unknown error'}).`);
  }
  if (!pem.includes('-----BEGIN ')) throw new StartupProblem(`${variable} names ${file}, which is not a PEM file.`);
  return pem;
}
