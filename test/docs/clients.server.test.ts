// The programs in the quick reference run as they stand.
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { keyPlace } from '../../src/crypto/key-place.ts';
import { createKeyVault } from '../../src/crypto/key-vault.ts';
import { runPython } from '../support/programs/python.ts';
import { runProgram } from '../support/programs/run-program.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { readDocument } from './markdown.ts';

const { blocks } = readDocument('docs/quick-reference.md');
const programs = (language: string): string[] =>
  blocks.filter((block) => block.language === language).map(({ text }) => text);
const BAD_KEY = 'OpenAI refused the key: it is wrong, expired or revoked.';

let fakes: FakeProviders;
let service: RunningService;
beforeAll(async () => {
  fakes = await startFakeProviders();
  service = await startService(providerEnv(fakes));
});
afterAll(async () => {
  await service?.stop();
  await fakes?.close();
});

describe('the Python that calls the service', () => {
  it('stores, lists and tests a key', async () => {
    const script = (programs('python')[0] ?? '').replaceAll('localhost:8084', `localhost:${service.port}`);
    const { status, output, errors } = await runProgram(inject('python'), ['-c', script], { folder: process.cwd() });
    expect(status, errors).toBe(0);
    expect(output.trim().split('\n')).toEqual(['OpenAI sk-0123...0123 usable', `invalid ${BAD_KEY}`]);
  });
});

describe('the JavaScript of a page', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('stores, lists and tests a key', async () => {
    const { cookies } = await demoClient(service, 'professional');
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const browser = globalThis.fetch;
    vi.stubGlobal('fetch', (path: string, options: RequestInit) =>
      browser(`${service.url}${path}`, { ...options, headers: { ...options.headers, cookie } }),
    );
    const script = `${programs('js')[0] ?? ''}\nexport { keys, success, message };`;
    const page = await import(`data:text/javascript,${encodeURIComponent(script)}`);
    expect(page.keys).toMatchObject([{ provider: 'openai', key_preview: 'sk-0123...0123', state: 'usable' }]);
    expect({ success: page.success, message: page.message }).toEqual({ success: false, message: BAD_KEY });
  });
});

describe('the Python that reads a stored key', () => {
  const master = Buffer.alloc(32, 1);
  const newer = Buffer.alloc(32, 2);
  const text = (key: Buffer): string => `${key.toString('base64url')}=`;
  const place = keyPlace({ kind: 'user', id: 'ada' }, { provider: 'openai', endpoint: undefined });
  const { token, binding } = createKeyVault([master], { requireBinding: true }).seal(place, 'sk-0123456789');
  const stored = { byok_openai_key: [token], byok_openai_binding: [binding] };

  /** What it reads of Ada's OpenAI key, with these attributes. */
  const read = (attributes: object, { id = 'ada', keys = text(master) } = {}): Promise<string | null> =>
    runPython(`${programs('python')[1] ?? ''}\nresult = read_key(data['user'], 'openai', data['keys'])`, {
      user: { id, attributes },
      keys,
    });

  it('reads what this service wrote, also after a change of the encryption key', async () => {
    expect(await read(stored)).toBe('sk-0123456789');
    expect(await read(stored, { keys: `${text(newer)}, ${text(master)}` })).toBe('sk-0123456789');
  });

  it('reads nothing that was moved, changed, doubled, turned off or left unbound', async () => {
    const { byok_openai_binding: _binding, ...unbound } = stored;
    const answers = await Promise.all([
      read(stored, { id: 'eve' }),
      read({ ...stored, byok_openai_endpoint: ['https://evil.example/v1'] }),
      read({ ...stored, byok_openai_key: [token, token] }),
      read({ ...stored, byok_openai_enabled: ['false'] }),
      read(unbound),
      read({}),
      read(stored, { keys: text(newer) }),
    ]);
    expect(answers).toEqual(answers.map(() => null));
  });
});
