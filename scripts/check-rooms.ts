// Holds the imports of src/ to the order of its rooms.
import { findStrayImports, findWrongImports } from './rooms/find-wrong-imports.ts';
import { COMMANDS, COMPOSITIONS, ISLANDS, ROOMS } from './rooms/rooms.ts';
import { sourceImports } from './rooms/source-imports.ts';

const HELP = `Checks that no import in src/ runs against the order of the rooms, and that rules know no technology.

  npm run rooms                 in this checkout
  node scripts/check-rooms.ts   in the folder where it is run

Lowest first; a file imports from its own room and from lower ones:

  ${ROOMS.map((room) => room.name).join(' ')}
  ${COMPOSITIONS.name} and every compose-*.ts, then ${COMMANDS.name}, then the programs directly in src/

These import nothing but themselves: ${ISLANDS.map(({ folder }) => folder).join(', ')}.

Rooms, order and technologies are in scripts/rooms/rooms.ts. Exit status: 0 nothing is wrong, 1 something is.`;

if (process.argv.includes('--help') || process.argv.includes('-h')) console.log(HELP);
else process.exitCode = checkRooms(process.cwd());

function checkRooms(root: string): number {
  const files = sourceImports(root);
  // An empty answer from a wrong folder must not pass for a clean one.
  const problems = files.size === 0 ? ['src/: there is no source here.'] : findWrongImports(files);
  for (const island of ISLANDS) problems.push(...findStrayImports(sourceImports(root, island.folder), island));
  for (const problem of problems) console.error(problem);
  const imports = [...files.values()].flat().length;
  console.log(
    problems.length === 0
      ? `Every import keeps to the order of the rooms (imports: ${imports}, files: ${files.size}).`
      : `${problems.length} against the order. The order is in scripts/rooms/rooms.ts.`,
  );
  return problems.length === 0 ? 0 : 1;
}
