// What is larger than the limits: folders, files, functions.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type FunctionSpan, ownLines } from './function-spans.ts';
import { GENERATED_FILES, LARGE_FOLDERS, LIMITS } from './limits.ts';
import { pythonFunctions } from './python-functions.ts';
import { typescriptFunctions } from './typescript-functions.ts';

const CODE = /\.(?:[cm]?[jt]sx?|css|py|sh)$/;

/** A sentence about each, with what to do. @param paths below `root`, with slashes. */
export function findTooLarge(root: string, paths: readonly string[]): string[] {
  return [...largeFolders(paths), ...paths.flatMap((path) => largeInFile(path, join(root, path)))];
}

function largeFolders(paths: readonly string[]): string[] {
  const folders = Map.groupBy(paths, (path) => dirname(path));
  return [...folders].flatMap(([folder, { length }]) =>
    length <= LIMITS.folderFiles || LARGE_FOLDERS.has(folder)
      ? []
      : [
          `${folder}: ${length} files in one folder, ${LIMITS.folderFiles} at most. Put those of one subject in a folder.`,
        ],
  );
}

function largeInFile(path: string, file: string): string[] {
  const mayBeScript = !basename(path).slice(1).includes('.');
  if (GENERATED_FILES.has(path) || !(CODE.test(path) || mayBeScript)) return [];
  const text = readFileSync(file, 'utf8');
  if (mayBeScript && !text.startsWith('#!')) return [];
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return [
    ...(lines > LIMITS.fileLines
      ? [`${path}: ${lines} lines, ${LIMITS.fileLines} at most. Split the file by subject.`]
      : []),
    ...largeFunctions(path, text),
  ];
}

function largeFunctions(path: string, text: string): string[] {
  let spans: readonly FunctionSpan[];
  try {
    spans = functionsOf(path, text);
  } catch (error) {
    return [`${path}: cannot be parsed: ${error instanceof Error ? error.message : error}`];
  }
  return spans.flatMap((span) => {
    const lines = ownLines(span, spans);
    const where = `${path}:${span.firstLine}: ${span.name}`;
    return lines > LIMITS.functionLines
      ? [`${where}: ${lines} lines of its own, ${LIMITS.functionLines} at most. Move steps of it into functions.`]
      : [];
  });
}

function functionsOf(path: string, text: string): readonly FunctionSpan[] {
  if (path.endsWith('.py')) return pythonFunctions(text);
  return /\.[cm]?[jt]sx?$/.test(path) ? typescriptFunctions(path, text) : [];
}
