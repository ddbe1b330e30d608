// docs/storage.md lists everything that is kept: tables, Redis keys, cookies, and the files of a running service.
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

const text = readFileSync('docs/storage.md', 'utf8');
const sources = (pattern: string): string =>
  globSync(pattern)
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
const found = (source: string, shape: RegExp): string[] => [
  ...new Set([...source.matchAll(shape)].map((match) => match[1] ?? '')),
];

describe('docs/storage.md', () => {
  it('lists every table', () => {
    const migrations = sources('src/database/migrations/*.ts');
    const tables = [
      ...found(migrations, /createTable\('(\w+)'\)/g),
      ...found(sources('src/database/database-migrations.ts'), /TABLE = '(\w+)'/g),
    ];
    expect(tables.length).toBeGreaterThan(3);
    for (const table of tables) expect(text).toContain(`\`${table}\``);
  });

  it('lists every Redis key', () => {
    const adapters = sources('src/*/redis-*.ts');
    const kinds = [
      ...found(adapters, /\$\{prefix\}([a-z-]+):/g),
      ...found(adapters, /prefix \.\. '([a-z-]+):'/g),
      ...found(sources('src/http/rate-limits.ts'), /'byok:([a-z-]+):'/g),
    ];
    expect(kinds.length).toBeGreaterThan(5);
    for (const kind of kinds) expect(text).toContain(`| \`byok:${kind}:`);
    expect(text).toContain('| `session:{cookie value}` |');
  });

  it('lists every cookie', () => {
    const names = found(sources('src/sessions/session-cookies.ts'), /'([^' ]*session(?:_token)?)'/g);
    expect(names).toEqual(['__Host-byok_session', 'byok_session', 'session_token', 'session']);
    for (const name of names) expect(text).toContain(`\`${name}\``);
    expect(sources('src/sessions/sign-in-cookies.ts')).toContain('byok_sign_in');
    expect(text).toContain('`byok_sign_in_{state}`');
  });
});

describe('the data folder', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService();
    await demoClient(service);
  });
  afterAll(() => service?.stop());

  it('holds no file that docs/storage.md does not list, and each with its mode', () => {
    const folder = service.config.dataDir;
    const files = readdirSync(folder);
    expect(files).toContain('encryption.key');
    for (const file of files) {
      const status = statSync(join(folder, file));
      const row = text
        .split('\n')
        .find((line) => line.startsWith('|') && line.includes(`\`${file}${status.isDirectory() ? '/' : ''}\``));
      expect(row, file).toBeDefined();
      // The folder of the test was copied, not made by the service.
      if (!status.isDirectory()) expect(row).toContain(`| 0${(status.mode & 0o777).toString(8)} |`);
    }
  });
});
