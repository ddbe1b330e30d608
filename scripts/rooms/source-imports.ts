// The files of a folder of source and what they import, with paths resolved.
import { globSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileImports } from './file-imports.ts';

export interface SourceImport {
  readonly specifier: string | undefined;
  readonly line: number;
  /** Of a relative import: the path below the top folder, with slashes. */
  readonly target: string | undefined;
}

/** File below `root` (with slashes) → what it imports. */
export type SourceImports = ReadonlyMap<string, readonly SourceImport[]>;

export function sourceImports(root: string, folder = 'src'): SourceImports {
  const paths = globSync(`${folder}/**/*.{ts,mts,cts,tsx,js,mjs,cjs}`, { cwd: root }).map((path) =>
    path.replaceAll(sep, '/'),
  );
  return new Map(
    paths.sort().map((path) => {
      const imports = fileImports(path, readFileSync(join(root, path), 'utf8'));
      return [path, imports.map((one) => ({ ...one, target: resolve(path, one.specifier) }))];
    }),
  );
}

const resolve = (from: string, specifier: string | undefined): string | undefined =>
  specifier !== undefined && /^\.{0,2}(?:\/|$)/.test(specifier)
    ? posix.join(posix.dirname(from), specifier)
    : undefined;
