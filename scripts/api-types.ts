// Writes the types of the page's calls from the service's OpenAPI document. A test holds the file to it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import openapiTypes, { type OpenAPI3 } from 'openapi-typescript';
import { pino } from 'pino';
import { composeService } from '../src/app/compose-service.ts';
import { openCore } from '../src/app/core.ts';
import { parseConfig } from '../src/config/config.ts';

export const API_TYPES_FILE = 'ui/src/api/schema.ts';

const HELP = `Writes ${API_TYPES_FILE} from the service's OpenAPI document.

  node scripts/api-types.ts
  npm run docs               does this too`;

/** @param document as `/openapi.json` answers it. */
export async function apiTypes(document: object): Promise<string> {
  const types = await openapiTypes(document as OpenAPI3, { commentHeader: '', alphabetize: true });
  return `// Made by scripts/api-types.ts from the service's OpenAPI document. Not to be edited.\n${types.trim()}\n`;
}

/** The document of the embedded default, whose internal calls are left out: the page makes none. */
export function documentOfPage<T extends { paths?: object }>(document: T): T {
  const paths = Object.entries(document.paths ?? {}).filter(([path]) => !path.includes('/internal/'));
  return { ...document, paths: Object.fromEntries(paths) };
}

async function readDocument(): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'byok-api-types-'));
  const config = parseConfig({ BYOK_DATA_DIR: join(folder, 'data') });
  const core = await openCore(config);
  try {
    const service = await composeService(config, core, pino({ level: 'silent' }));
    await service.app.ready();
    const document = service.app.swagger();
    await service.close();
    return document;
  } finally {
    await core.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--help')) console.log(HELP);
  else
    writeFileSync(
      join(import.meta.dirname, '..', API_TYPES_FILE),
      await apiTypes(documentOfPage(await readDocument())),
    );
}
