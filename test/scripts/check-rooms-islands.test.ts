// The part of `npm run rooms` about source outside src/: what the clients and the page may import.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findStrayImports } from '../../scripts/rooms/find-wrong-imports.ts';
import { ISLANDS } from '../../scripts/rooms/rooms.ts';
import { sourceImports } from '../../scripts/rooms/source-imports.ts';
import { roomsTree } from './rooms-tree.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe('source that keeps to itself', () => {
  const strays = (path: string, text: string): string[] => {
    const root = roomsTree({ [path]: text });
    return ISLANDS.flatMap((island) => findStrayImports(sourceImports(root, island.folder), island));
  };

  it.each(ISLANDS)('$folder imports nothing of others', (island) => {
    const files = sourceImports(ROOT, island.folder);
    expect(files.size).toBeGreaterThan(5);
    expect(findStrayImports(files, island)).toEqual([]);
  });

  it.each([
    { path: 'clients/typescript/src/a.ts', text: "import '../../../src/shared/errors.ts';" },
    {
      path: 'clients/typescript/src/deep/er/a.ts',
      text: "import type { X } from '../../../../../src/shared/errors.ts';",
    },
    { path: 'clients/typescript/src/a.ts', text: "export * from '../test/x.ts';" },
    { path: 'clients/typescript/src/a.ts', text: "import 'undici';" },
    { path: 'ui/src/admin/deep/a.tsx', text: "import { ERRORS } from '../../../../src/shared/errors.ts';" },
    { path: 'ui/src/a.ts', text: "await import('../../src/keys/key-schemas.ts');" },
    { path: 'ui/src/a.ts', text: "import 'react';" },
  ])('is found to import others in $path: $text', ({ path, text }) => {
    expect(strays(path, text)).toEqual([expect.stringContaining(`${path}:1: imports `)]);
  });

  it.each([
    { path: 'clients/typescript/src/deep/a.ts', text: "import '../b.ts'; import 'node:crypto';" },
    {
      path: 'ui/src/deep/a.tsx',
      text: "import '../b.css'; import 'preact/hooks'; import '../../../src/http/stylesheet.ts';",
    },
  ])('may import its own in $path: $text', ({ path, text }) => {
    expect(strays(path, text)).toEqual([]);
  });
});
