import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { startReplica } from '../support/service/replica.ts';
import type { RunningService } from '../support/service/running-service.ts';

const IDS = [...PROVIDERS.keys()].filter((id) => id !== 'custom');

describe('two replicas', () => {
  let a: KeycloakService;
  let b: RunningService;
  beforeAll(async () => {
    a = await startKeycloakService();
    b = await startReplica(a);
  });
  afterAll(async () => {
    await b?.stop();
    await a?.stop();
  });

  /** A person with a session, at both. */
  const person = async (): Promise<{ id: string; atA: ApiClient; atB: ApiClient }> => {
    const { id } = await a.newPerson();
    const atA = await a.platformClient({ sub: id });
    const atB = b.client();
    for (const [name, value] of atA.cookies) atB.cookies.set(name, value);
    return { id, atA, atB };
  };
  const labels = async (client: ApiClient): Promise<unknown[]> =>
    ((await client.get(`${API}/keys`)).body as { label: string }[]).map(({ label }) => label);

  it('lose nothing of 100 parallel adds', async () => {
    const people = await Promise.all(Array.from({ length: 15 }, person));
    const adds = people.flatMap(({ atA, atB }, index) =>
      IDS.map((provider, nth) => ({ client: (index + nth) % 2 === 0 ? atA : atB, provider })),
    );
    expect(adds.length).toBeGreaterThan(100);
    const replies = await Promise.all(
      adds.map(({ client, provider }) =>
        client.post(`${API}/keys/add`, { provider, key: 'sk-0123456789', label: provider }),
      ),
    );
    expect(replies.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
    for (const { id, atA, atB } of people) {
      const { attributes = {} } = (await a.realm.getUser(id)) as { attributes?: Record<string, string[]> };
      expect(IDS.filter((provider) => attributes[`byok_${provider}_key`]?.length !== 1)).toEqual([]);
      expect([...(await labels(atA))].sort()).toEqual([...IDS].sort());
      expect(await labels(atB)).toEqual(await labels(atA));
    }
  }, 120_000);

  it('show each other’s changes within a second, and answer from memory otherwise', async () => {
    const { atA, atB } = await person();
    for (let round = 0; round < 20; round += 1) {
      const [one, other] = round % 2 === 0 ? [atA, atB] : [atB, atA];
      expect(
        (await one.post(`${API}/keys/add`, { provider: 'groq', key: 'gsk_0123456789', label: `${round}` })).status,
      ).toBe(200);
      await vi.waitFor(async () => expect(await labels(other)).toEqual([`${round}`]), { timeout: 1_500, interval: 20 });
      expect((await one.delete(`${API}/keys/groq`)).body).toMatchObject({ removed: true });
      await vi.waitFor(async () => expect(await labels(other)).toEqual([]), { timeout: 1_500, interval: 20 });
    }
  });
});
