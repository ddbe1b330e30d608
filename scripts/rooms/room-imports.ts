// Which rooms import which, compositions, commands and programs aside: those may import everything below them.
import { placeOf } from './find-wrong-imports.ts';
import { ROOMS } from './rooms.ts';
import type { SourceImports } from './source-imports.ts';

/** Room → the rooms that it imports, itself not among them. */
export function roomImports(files: SourceImports): ReadonlyMap<string, ReadonlySet<string>> {
  const rooms = new Map(ROOMS.map(({ name }) => [name, new Set<string>()]));
  for (const [path, imports] of files) {
    const from = placeOf(path)?.name;
    const targets = rooms.get(from ?? '');
    for (const { target } of imports) {
      const to = target === undefined ? undefined : placeOf(target)?.name;
      if (to !== undefined && to !== from && rooms.has(to)) targets?.add(to);
    }
  }
  return rooms;
}
