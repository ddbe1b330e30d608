// The programs in the READMEs of both clients run as they stand, against the embedded default.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readDocument } from '../docs/markdown.ts';
import { runProgram } from '../support/programs/run-program.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';
import { runCommand } from '../support/servers/run-command.ts';
import { API } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';
import { installPythonClient } from './client-world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXPECTED = ['openai at its own address own key', 'no key for groq'];

let service: RunningService;
let folder: ReturnType<typeof ownedFolder>;
let env: Record<string, string>;
beforeAll(async () => {
  folder = ownedFolder();
  service = await startService();
  const client = await demoClient(service, 'starter');
  const reply = await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef0123' });
  expect(reply.status).toBe(200);
  env = { BYOK_INTERNAL_URL: service.internalUrl, BYOK_SERVICE_TOKEN: await newServiceTokenFor(service) };
});
afterAll(async () => {
  await service?.stop();
  folder?.remove();
});

function program(path: string, language: string): string {
  const { blocks } = readDocument(path);
  return blocks.find((block) => block.language === language)?.text ?? '';
}

describe('the program in the README', () => {
  it('of the TypeScript client runs', async () => {
    const package_ = join(folder.path, 'node_modules', 'ops-center-byok-client');
    await mkdir(package_, { recursive: true });
    await cp(join(ROOT, 'clients', 'typescript', 'package.json'), join(package_, 'package.json'));
    await runCommand(process.execPath, [join(ROOT, 'scripts', 'build-client.ts'), join(package_, 'dist')]);
    await writeFile(join(folder.path, 'readme.mts'), program('clients/typescript/README.md', 'ts'));
    const { status, output, errors } = await runProgram(process.execPath, ['readme.mts'], { folder: folder.path, env });
    expect(status, errors).toBe(0);
    expect(output.trim().split('\n')).toEqual([`${EXPECTED[0]} true`, EXPECTED[1]]);
  });

  it('of the Python client runs', async () => {
    const PYTHONPATH = await installPythonClient(folder.path);
    const script = program('clients/python/README.md', 'python');
    const options = { folder: folder.path, env: { ...env, PYTHONPATH } };
    const { status, output, errors } = await runProgram(inject('python'), ['-c', script], options);
    expect(status, errors).toBe(0);
    expect(output.trim().split('\n')).toEqual(EXPECTED);
  });
});
