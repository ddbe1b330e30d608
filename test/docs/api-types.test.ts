import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { API_TYPES_FILE, apiTypes, documentOfPage } from '../../scripts/api-types.ts';
import { startService } from '../support/service/running-service.ts';

it('the types of the page’s calls are those of the OpenAPI document: `npm run docs` writes them anew', async () => {
  const service = await startService();
  const document = (await service.client().get('/openapi.json')).body as object;
  await service.stop();
  const written = await readFile(new URL(`../../${API_TYPES_FILE}`, import.meta.url), 'utf8');
  expect(await apiTypes(documentOfPage(document))).toBe(written);
});
