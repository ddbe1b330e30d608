// Holds folders, files and functions to a size at which one can be read at once.
import { findTooLarge } from './sizes/find-too-large.ts';
import { GENERATED_FILES, LARGE_FOLDERS, LIMITS } from './sizes/limits.ts';
import { listedFiles } from './sizes/listed-files.ts';

const exceptions = [...LARGE_FOLDERS, ...GENERATED_FILES].map(([path, reason]) => `  ${path}  (${reason})`);

const HELP = `Checks the sizes of everything in the checkout that git does not ignore.

  npm run sizes                 in this checkout
  node scripts/check-sizes.ts   in the folder where it is run

At most ${LIMITS.folderFiles} files directly in a folder, ${LIMITS.fileLines} lines in a file of code, ${LIMITS.functionLines} lines in a function. A function counts by its own
lines, without those of the functions inside it: a factory is as long as its longest inner function. Exceptions:

${exceptions.join('\n')}

Limits and exceptions are in scripts/sizes/limits.ts. Exit status: 0 nothing is too large, 1 something is.`;

if (process.argv.includes('--help') || process.argv.includes('-h')) console.log(HELP);
else process.exitCode = checkSizes(process.cwd());

function checkSizes(root: string): number {
  const files = listedFiles(root);
  const problems = findTooLarge(root, files);
  for (const problem of problems) console.error(problem);
  console.log(
    problems.length === 0
      ? `Nothing is too large, in ${files.length} files.`
      : `${problems.length} too large. The limits are in scripts/sizes/limits.ts.`,
  );
  return problems.length === 0 ? 0 : 1;
}
