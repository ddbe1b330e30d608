import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { runProgram } from '../support/programs/run-program.ts';
import { API } from '../support/service/api-client.ts';

describe('byok reconcile', () => {
  let service: KeycloakService;
  beforeAll(async () => {
    service = await startKeycloakService();
  });
  afterAll(() => service?.stop());

  const byok = async (...args: string[]) => {
    const { status, output, errors } = await runProgram(process.execPath, ['src/cli.ts', ...args], {
      folder: process.cwd(),
      env: service.env,
    });
    expect(status, errors).toBe(0);
    return output;
  };

  it('notes keys that others wrote to Keycloak, beside the running service', async () => {
    const attributes = { byok_groq_key: ['gAAAAABm'], byok_groq_test_status: ['valid'] };
    const [ada, bob] = [await service.newPerson(attributes), await service.newPerson()];
    const client = await service.platformClient({ email: bob.email });
    await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef' });
    await service.adoption.refresh();
    expect(service.adoption.latest()).toMatchObject({ usersTotal: 2, usersWithKeys: 1 });

    const dry = await byok('reconcile', '--dry-run');
    expect(dry).toContain(`${ada.id}: no key → groq (valid)`);
    expect(dry).toContain('1 would be put right; 0 who are gone would be removed.');
    await service.adoption.refresh();
    expect(service.adoption.latest()).toMatchObject({ usersWithKeys: 1 });

    expect(await byok('reconcile')).toContain(
      '2 users looked at; 2 have at least one key.\n1 put right; 0 who are gone',
    );
    await service.adoption.refresh();
    expect(service.adoption.latest()).toMatchObject({ usersWithKeys: 2, keys: { groq: 1, openai: 1 } });

    await service.realm.admin('DELETE', `/users/${ada.id}`);
    expect(await byok('reconcile')).toContain(`${ada.id}: gone\n1 users looked at; 1 have at least one key.`);
    expect(await byok('reconcile')).toContain('0 put right; 0 who are gone removed.');
    const days = await service.core.database.db.selectFrom('adoption_snapshots').selectAll().execute();
    expect(days).toMatchObject([{ users_total: 1, users_with_keys: 1 }]);
  });

  it('says with --help what it is for, and shows an example', async () => {
    const help = await byok('reconcile', '--help');
    expect(help).toContain('$ byok reconcile --dry-run');
    expect(help).toContain('a rerun is safe');
  });
});
