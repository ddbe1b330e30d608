import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { sized } from '../support/proof.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';

const ROUNDS = sized({ sample: 12, proof: 100 });
const IDS = [...PROVIDERS.keys()];

interface Listed {
  readonly provider: string;
  readonly label: string;
  readonly key_preview: string;
  readonly state: string;
}
interface Attributes {
  readonly [name: string]: readonly string[] | undefined;
}

describe('many clients of one user', () => {
  let service: KeycloakService;
  let person: Person;
  let clients: ApiClient[];
  beforeAll(async () => {
    service = await startKeycloakService();
    person = await service.newPerson({ department: ['Engines', 'Looms'], stripe_customer_id: ['cus_1'] });
    clients = await Promise.all(Array.from({ length: 10 }, () => service.platformClient({ sub: person.id })));
  });
  afterAll(() => service?.stop());

  const inKeycloak = async () => {
    const { attributes = {}, ...rest } = await service.realm.getUser(person.id);
    const all = Object.entries(attributes as Attributes);
    return {
      byok: Object.fromEntries(all.filter(([name]) => name.startsWith('byok_'))),
      others: { ...rest, attributes: Object.fromEntries(all.filter(([name]) => !name.startsWith('byok_'))) },
    };
  };
  /** The nth client's add in a round: eight providers, and two of them once more. */
  const addOf = (round: number, index: number) => {
    const provider = IDS[(index < IDS.length ? index : index + round) % IDS.length] ?? '';
    const mark = String(round * 10 + index).padStart(4, '0');
    const endpoint = provider === 'custom' ? { endpoint: 'https://llm.example.com/v1' } : {};
    return { provider, key: `key-0123456789-${mark}`, label: `add ${mark}`, ...endpoint };
  };

  it(`lose nothing in ${ROUNDS} rounds of ten parallel adds, and nothing else of the user changes`, async () => {
    const before = (await inKeycloak()).others;
    for (let round = 0; round < ROUNDS; round++) {
      const adds = clients.map((_client, index) => addOf(round, index));
      const replies = await Promise.all(clients.map((client, index) => client.post(`${API}/keys/add`, adds[index])));
      expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));

      const { byok, others } = await inKeycloak();
      const listed = (await clients[round % 10]?.get(`${API}/keys`))?.body as Listed[];
      expect(others).toEqual(before);
      expect(listed.map(({ provider }) => provider)).toEqual(IDS);
      for (const { provider, label, key_preview, state } of listed) {
        // Label and key of one acknowledged add, not a mixture of two; and Keycloak holds what the service says.
        const last = adds.find((add) => add.provider === provider && add.label === label);
        expect({ provider, label: last?.label, preview: key_preview.slice(-4), state }).toEqual({
          provider,
          label,
          preview: last?.key.slice(-4),
          state: 'usable',
        });
        expect(byok[`byok_${provider}_label`]).toEqual([label]);
        for (const field of ['key', 'binding', 'added_date']) expect(byok[`byok_${provider}_${field}`]).toHaveLength(1);
      }

      const [gone, renamed] = [IDS[round % 8] ?? '', IDS[(round + 1) % 8] ?? ''];
      const [removed, changed] = await Promise.all([
        clients[0]?.delete(`${API}/keys/${gone}`),
        clients[1]?.patch(`${API}/keys/${renamed}`, { label: `renamed ${round}` }),
      ]);
      expect([removed?.body, changed?.body]).toMatchObject([{ removed: true }, { label: `renamed ${round}` }]);
      const after = (await inKeycloak()).byok;
      expect(Object.keys(after).filter((name) => name.startsWith(`byok_${gone}_`))).toEqual([]);
      expect(after[`byok_${renamed}_label`]).toEqual([`renamed ${round}`]);
    }
    expect(service.logs.filter((line) => /"level":"(warn|error)"/.test(line))).toEqual([]);
  }, 240_000);
});
