import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { sized } from '../support/proof.ts';
import { API } from '../support/service/api-client.ts';
import { createCanaries, findCanaries } from '../support/service/canaries.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';

const COUNT = sized({ sample: 24, proof: 100 });

describe(`${COUNT} canary keys in the embedded default`, () => {
  const canaries = createCanaries(COUNT);
  let folder: Awaited<ReturnType<typeof ownedDataFolder>>;
  let service: RunningService;
  beforeAll(async () => {
    folder = await ownedDataFolder();
    service = await startService({ BYOK_DATA_DIR: folder.path, LOG_LEVEL: 'debug' });
  });
  afterAll(async () => {
    await service?.stop();
    folder?.remove();
  });

  it('appear nowhere in its answers, its logs, its tables and the files of its data folder', async () => {
    const began = Date.now();
    const client = await demoClient(service);
    const program = service.serviceClient(await newServiceTokenFor(service));
    const answers: string[] = [];
    for (const { provider, key } of canaries) {
      const endpoint = provider === 'custom' ? { endpoint: 'https://llm.example.com/v1' } : {};
      const added = await client.post(`${API}/keys/add`, { provider, key, ...endpoint });
      expect(added.status).toBe(200);
      answers.push(JSON.stringify([added, await client.get(`${API}/keys`)]));
      const user = { email: 'starter@example.com' };
      expect((await program.post('/keys/resolve', { user, provider })).body).toMatchObject({ api_key: key });
    }
    const rows = await service.core.database.db.selectFrom('embedded_users').selectAll().execute();
    expect(JSON.stringify(rows)).toMatch(/byok_openai_key":\["gAAAA/);
    await service.stop();

    const files = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const written = files
      .map((file) => join(file.parentPath, file.name))
      .filter((path) => statSync(path).mtimeMs >= began);
    const contents = written.map((path) => readFileSync(path, 'latin1'));
    expect(contents.some((content) => content.includes('gAAAA'))).toBe(true);
    for (const text of [answers.join(), service.logs.join(), JSON.stringify(rows), ...contents])
      expect(findCanaries(canaries, text)).toEqual([]);
  });
});
