// How large things may be, and what may be larger. An exception needs a reason that the next reader would accept too.

export const LIMITS = {
  /** Directly in one folder, whatever they are. */
  folderFiles: 25,
  fileLines: 250,
  functionLines: 60,
} as const;

/** Folder → why it may hold more files. */
export const LARGE_FOLDERS: ReadonlyMap<string, string> = new Map([
  ['docs/adr', 'decisions are added and never taken away'],
]);

/** File → what makes it. Nobody reads it from top to bottom. */
export const GENERATED_FILES: ReadonlyMap<string, string> = new Map([
  ['ui/src/api/schema.ts', 'scripts/api-types.ts, from the OpenAPI document'],
]);
