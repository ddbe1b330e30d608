// The package as others get it: built, packed, installed in an empty project, and used from ESM, CommonJS and TypeScript.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownedFolder } from '../support/programs/temporary-folder.ts';
import { runCommand } from '../support/servers/run-command.ts';
import { released, startStubKeyService } from './stub-key-service.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TSC = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace('package.json', 'bin/tsc');
const USE = `
const key = await getOpenaiKeyForUser('ann@example.com');
const own = createByokClient({ timeoutMs: 4000 });
const none = await own.getUserApiKey('ben@example.com', 'groq');
let code = '';
try { createByokClient({ env: {} }); } catch (error) { if (error instanceof ByokClientError) code = error.code; }
console.log(JSON.stringify({ key, none, code }));
`;
const NAMES = 'ByokClientError, createByokClient, getOpenaiKeyForUser';
const EXPECTED = { key: 'sk-users-own-key', none: null, code: 'not_configured' };

let folder: ReturnType<typeof ownedFolder>;
let project: string;
let stub: Awaited<ReturnType<typeof startStubKeyService>>;
const npm = (cwd: string, ...args: string[]) =>
  runCommand('npm', [...args, '--cache', join(project, '.npm'), '--no-audit', '--no-update-notifier'], { cwd });

beforeAll(async () => {
  folder = ownedFolder();
  project = folder.path;
  stub = await startStubKeyService(({ body }) =>
    body.includes('ann@')
      ? released()
      : { status: 404, json: { code: 'key_not_released', reason: 'no_key', detail: 'No.' } },
  );
  await runCommand(process.execPath, [join(ROOT, 'scripts', 'build-client.ts')]);
  await npm(ROOT, 'pack', './clients/typescript', '--pack-destination', project);
  await writeFile(join(project, 'package.json'), '{ "name": "empty", "private": true }');
  const [archive = ''] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
  await npm(project, 'install', '--offline', `./${archive}`);
});
afterAll(async () => {
  await stub?.stop();
  folder?.remove();
});

async function run(file: string, text: string): Promise<unknown> {
  await writeFile(join(project, file), text);
  const env = { ...process.env, BYOK_INTERNAL_URL: stub.url, BYOK_SERVICE_TOKEN: 'token' };
  return JSON.parse(await runCommand(process.execPath, [file], { cwd: project, env }));
}

describe('the packed TypeScript client', () => {
  it('brings nothing but itself', async () => {
    const installed = (await readdir(join(project, 'node_modules'))).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['ops-center-byok-client']);
    const files = await readdir(join(project, 'node_modules', 'ops-center-byok-client'), { recursive: true });
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.js', 'dist/cjs/index.d.ts']));
    expect(files.filter((name) => /\.ts$/.test(name) && !/\.d\.ts$/.test(name))).toEqual([]);
    const { dependencies, version } = JSON.parse(await readFile(join(ROOT, 'clients/typescript/package.json'), 'utf8'));
    expect(dependencies).toBeUndefined();
    expect(version).toBe(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).version);
  });

  it('works from ESM', async () => {
    expect(await run('esm.mjs', `import { ${NAMES} } from 'ops-center-byok-client';${USE}`)).toEqual(EXPECTED);
  });

  it('works from CommonJS', async () => {
    const use = `const { ${NAMES} } = require('ops-center-byok-client');\nvoid (async () => {${USE}})();`;
    expect(await run('common.cjs', use)).toEqual(EXPECTED);
  });

  it('is one client with one cache and one kind of error for both in a process', async () => {
    const text = `
      import { createRequire } from 'node:module';
      import * as esm from 'ops-center-byok-client';
      const cjs = createRequire(import.meta.url)('ops-center-byok-client');
      const names = Object.keys(cjs).sort();
      console.log(JSON.stringify({ same: names.every((name) => cjs[name] === esm[name]), names }));`;
    expect(await run('both.mjs', text)).toEqual({
      same: true,
      names: expect.arrayContaining(['ByokClientError', 'clearUserKeyCache', 'getLlmConfigForUser', 'resetUsage']),
    });
  });

  it.each([
    { kind: 'ESM', file: 'use.mts' },
    { kind: 'CommonJS', file: 'use.cts' },
  ])('has types for TypeScript as $kind, and they are strict', async ({ kind, file }) => {
    const types = join(project, `types-${kind}`);
    await mkdir(types);
    const options = { module: 'nodenext', strict: true, noEmit: true, types: [], lib: ['es2022'], skipLibCheck: false };
    await writeFile(join(types, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: [file] }));
    const names = `${NAMES}, getUserApiKey, recordApiUsage, type ByokClient, type LlmConfig, type TierInfo`;
    const text = `import { ${names} } from 'ops-center-byok-client';
      export async function use(client: ByokClient): Promise<string> {
        const key: string | null = await getUserApiKey('ann@example.com', 'openai', { useCache: false });
        // @ts-expect-error there may be no key
        key.length;
        // @ts-expect-error a provider is missing
        await client.getUserApiKey('ann@example.com');
        await recordApiUsage('ann@example.com', 'openai', 12, '0.01');
        const { endpoint }: LlmConfig = await createByokClient().getLlmConfigForUser('ann@example.com');
        const tier: TierInfo = await client.getTierInfo('ann@example.com');
        return (endpoint ?? '') + tier.tier + new ByokClientError('', { code: 'x' }).code + (await getOpenaiKeyForUser('a'));
      }`;
    await writeFile(join(types, file), text);
    expect(await runCommand(process.execPath, [TSC, '-p', '.'], { cwd: types })).toBe('');
  });
});
