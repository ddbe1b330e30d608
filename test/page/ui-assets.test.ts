// The built page: what it weighs, and how it is handed out.
import { cpSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readUiAssets } from '../../src/page/ui-assets.ts';
import { type RunningService, startService } from '../support/service/running-service.ts';

describe('the built page', () => {
  it('has less than 62 KB of script, compressed, all of its pages together', () => {
    const { files } = readUiAssets();
    const scripts = [...files].filter(([name]) => name.endsWith('.js') && !name.startsWith('byok-keys'));
    expect(scripts.length).toBeGreaterThan(2);
    const size = scripts.reduce((sum, [, { brotli, body }]) => sum + (brotli ?? body).length, 0);
    expect(size).toBeLessThan(62_000);
  });

  it('is asked for by a start that does not find it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'byok-ui-'));
    const url = pathToFileURL(`${folder}/`);
    expect(() => readUiAssets(url)).toThrow(/The page is not built. Run `npm run build`/);
    writeFileSync(join(folder, 'manifest.json'), '{}');
    expect(() => readUiAssets(url)).toThrow(/not built completely/);
    rmSync(folder, { recursive: true });
  });

  it('has the same ETags on every replica, whenever its files were written there', () => {
    const built = new URL('../../dist/ui/', import.meta.url);
    const folder = mkdtempSync(join(tmpdir(), 'byok-ui-'));
    cpSync(built, folder, { recursive: true });
    for (const name of readdirSync(join(folder, 'assets'))) utimesSync(join(folder, 'assets', name), 0, 0);
    const etags = (assets: ReturnType<typeof readUiAssets>) => [
      assets.element.etag,
      ...[...assets.files].map(([name, { etag }]) => `${name} ${etag}`),
    ];
    const elsewhere = etags(readUiAssets(pathToFileURL(`${folder}/`)));
    expect(elsewhere).toEqual(etags(readUiAssets()));
    expect(new Set(elsewhere.map((line) => line.split(' ').at(-1))).size).toBe(elsewhere.length);
    rmSync(folder, { recursive: true });
  });
});

describe('its files', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ BASE_PATH: '/byok' });
  });
  afterAll(() => service?.stop());

  const { script } = readUiAssets();

  it('may be kept for good, because their names change with their content', async () => {
    const answer = await service.client().get(`/ui/${script}`);
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
        'x-content-type-options': 'nosniff',
      },
    });
    const again = { headers: { 'if-none-match': String(answer.headers.etag) } };
    expect(await service.client().get(`/ui/${script}`, again)).toMatchObject({ status: 304, text: '' });
  });

  it('are sent compressed to who takes that', async () => {
    const url = `${service.url}/ui/${script}`;
    const plain = await (await fetch(url, { headers: { 'accept-encoding': 'identity' } })).text();
    const sent = await service.app.inject({
      url: `/byok/ui/${script}`,
      headers: { host: 'localhost', 'accept-encoding': 'gzip, br' },
    });
    expect(sent.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(sent.rawPayload).toString()).toBe(plain);
  });

  it.each(['', 'br'])('have the headers of a GET on a HEAD, with the encoding "%s"', async (encoding) => {
    const request = { url: `/byok/ui/${script}`, headers: { host: 'localhost', 'accept-encoding': encoding } };
    const [got, head] = [
      await service.app.inject({ ...request, method: 'GET' }),
      await service.app.inject({ ...request, method: 'HEAD' }),
    ];
    const names = ['etag', 'vary', 'cache-control', 'content-type', 'content-encoding', 'content-length'] as const;
    const ofFile = ({ headers }: typeof got) => names.map((name) => `${name}: ${headers[name]}`);
    expect({ status: head.statusCode, body: head.payload }).toEqual({ status: 200, body: '' });
    expect(ofFile(head)).toEqual(ofFile(got));
    expect(head.headers['content-length']).toBe(String(got.rawPayload.length));
    expect(got.headers.etag).toMatch(/^"[0-9a-f]{16}"$/);
  });

  it('have the element under a name that stays, to be asked for each time', async () => {
    const answer = await service.client().get('/ui/byok-keys.js');
    expect(answer.headers['cache-control']).toBe('no-cache');
    const [, file] = /^import '\.\/(assets\/byok-keys-[\w-]+\.js)';\n$/.exec(answer.text) ?? [];
    expect((await service.client().get(`/ui/${file}`)).status).toBe(200);
  });

  it.each(['/ui/assets/nothing.js', '/ui/assets/..%2Fmanifest.json', '/ui/manifest.json', '/ui/'])(
    'and nothing else is there: %s',
    async (path) => {
      expect((await service.client().get(path)).status).toBe(404);
    },
  );

  it('belong to pages that only the person’s own browser keeps', async () => {
    const client = service.client();
    await client.post('/auth/demo', { email: 'starter@example.com' });
    for (const path of ['/', '/activity', '/account', '/admin', '/admin/people', '/admin/audit']) {
      const page = await client.get(path);
      expect(page).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
      expect(page.text).toContain(`src="/byok/ui/${script}"`);
      const stranger = await service.client().get(path);
      const back = path === '/' ? '' : `?return_to=${encodeURIComponent(`/byok${path}`)}`;
      expect(stranger).toMatchObject({ status: 303, headers: { location: `/byok/auth/login${back}` } });
    }
    expect((await client.get('/elsewhere')).status).toBe(404);
  });
});
