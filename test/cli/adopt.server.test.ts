import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { runProgram } from '../support/programs/run-program.ts';
import { API } from '../support/service/api-client.ts';

describe('byok adopt, beside a running service', () => {
  let service: KeycloakService;
  beforeAll(async () => {
    service = await startKeycloakService();
  });
  afterAll(() => service?.stop());

  const adopt = (env: Readonly<Record<string, string>> = {}, ...args: string[]) =>
    runProgram(process.execPath, ['src/cli.ts', 'adopt', ...args], {
      folder: process.cwd(),
      env: { ...service.env, ...env },
    });

  /** Somebody whose key reads as the old service left it, and is remembered so. */
  const personWithUnboundKey = async () => {
    const { id } = await service.newPerson();
    const client = await service.platformClient({ sub: id });
    await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef' });
    const { attributes = {}, ...user } = await service.realm.getUser(id);
    const { byok_openai_binding: _, ...unbound } = attributes as Record<string, string[]>;
    await service.realm.putUser(id, { ...user, attributes: unbound });
    const past = await client.send('GET', `${API}/keys`, { headers: { 'cache-control': 'no-cache' } });
    expect(past.body).toMatchObject([{ state: 'unbound' }]);
    const state = async (): Promise<unknown> =>
      ((await client.get(`${API}/keys`)).body as { state: string }[])[0]?.state;
    expect(await state()).toBe('unbound');
    return { state };
  };

  it('binds keys, and the service that remembers them otherwise hears of it within a second', async () => {
    const { state } = await personWithUnboundKey();
    expect((await adopt({}, '--dry-run')).output).toContain('1 keys would be bound');
    expect(await state()).toBe('unbound');
    const { status, output, errors } = await adopt();
    expect(status, errors).toBe(0);
    expect(output).toContain('1 keys bound; 0 were bound already.');
    await vi.waitFor(async () => expect(await state()).toBe('usable'), { timeout: 1_500, interval: 50 });
  });

  it('binds nothing where the services cannot be told', async () => {
    const { state } = await personWithUnboundKey();
    const { status, errors } = await adopt({ REDIS_URL: 'redis://127.0.0.1:1' });
    expect({ status, errors }).toMatchObject({
      status: 1,
      errors: expect.stringContaining('the other replicas could not be told'),
    });
    expect(await state()).toBe('unbound');
    expect((await adopt()).output).toContain('1 keys bound; 1 were bound already.');
  });
});
