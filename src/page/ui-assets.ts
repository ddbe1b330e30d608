// The built page, read once at the start: `npm run build` puts it into dist/ui, and the npm package brings it along.
import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { z } from 'zod';
import { StartupProblem } from '../shared/errors.ts';

// dist/ui both in a checkout (src/page/) and where the package is installed (dist/page/).
const FOLDER = new URL('../../dist/ui/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

const manifestSchema = z.record(
  z.string(),
  z.object({ file: z.string(), css: z.array(z.string()).default([]), name: z.string().optional() }),
);

export interface UiAsset {
  readonly type: string;
  readonly body: Buffer;
  /** Compressed; undefined where it is not worth it. */
  readonly brotli: Buffer | undefined;
  readonly etag: string;
}

export interface UiAssets {
  /** Addresses below /ui/. */
  readonly script: string;
  readonly styles: readonly string[];
  /** Name below /ui/assets/ → file. Names change with the content. */
  readonly files: ReadonlyMap<string, UiAsset>;
  /** `/ui/byok-keys.js`, for pages of others to load by a name that stays. */
  readonly element: UiAsset;
}

/** @throws StartupProblem where the page has not been built. */
export function readUiAssets(folder = FOLDER): UiAssets {
  const manifestFile = new URL('manifest.json', folder);
  if (!existsSync(manifestFile))
    throw new StartupProblem('The page is not built. Run `npm run build`, or start the service with `npm start`.');
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(manifestFile, 'utf8')));
  const entry = (source: string) => {
    const found = manifest[source];
    if (found === undefined) throw new StartupProblem('The page is not built completely. Run `npm run build` again.');
    return found;
  };
  const app = entry('src/app.tsx');
  const element = entry('src/byok-keys.tsx');
  const files = new Map<string, UiAsset>();
  for (const name of readdirSync(new URL('assets/', folder))) {
    const type = TYPES[extname(name)];
    const read = (file: string) => readFileSync(new URL(`assets/${file}`, folder));
    if (type !== undefined) files.set(name, asset(read(name), type, read(`${name}.br`)));
  }
  return {
    script: app.file,
    styles: app.css,
    files,
    // A short file with a lasting name in front of the one whose name changes with its content.
    element: asset(Buffer.from(`import './${element.file}';\n`), TYPES['.js'] ?? ''),
  };
}

const asset = (body: Buffer, type: string, brotli?: Buffer): UiAsset => ({
  type,
  body,
  brotli,
  etag: `"${hash('sha256', body, 'hex').slice(0, 16)}"`,
});
