// People who come from an LDAP in a mode in which Keycloak can store nothing of them.
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type LdapServer, startLdap } from '../../support/servers/ldap-server.ts';
import { findsPlanted } from './planted.ts';
import { createPlantedRealm, type PlantedRealm } from './planted-realm.ts';

let realm: PlantedRealm;
let ldap: LdapServer;
beforeAll(async () => {
  realm = await createPlantedRealm();
  ldap = await startLdap({ ada: 'ada@example.com' });
});
afterAll(async () => {
  await ldap?.[Symbol.asyncDispose]();
  await realm?.drop();
});

async function federated(editMode: string, importEnabled: boolean): Promise<undefined> {
  const { id: parentId } = (await realm.admin('GET', '')).body as { id: string };
  const config = { ...ldap.config, editMode: [editMode], importEnabled: [String(importEnabled)] };
  const component = { name: 'people', providerId: 'ldap', providerType: 'org.keycloak.storage.UserStorageProvider' };
  const { id } = await realm.admin('POST', '/components', { ...component, parentId, config });
  // Its people go with it.
  onTestFinished(async () => void (await realm.admin('DELETE', `/components/${id}`)));
  await realm.admin('GET', '/users?username=ada&exact=true');
  return undefined;
}

findsPlanted(
  'a user federation',
  { surroundings: () => realm.env },
  [
    ['READ_ONLY', true, /is READ_ONLY.*Set its edit mode to UNSYNCED/],
    ['READ_ONLY', false, /imports nobody.*with Import Users on/],
    ['WRITABLE', false, /imports nobody.*with Import Users on/],
  ].map(([editMode, imports, fix]) => ({
    name: `${editMode}${imports === true ? '' : ', without import'}`,
    plant: () => federated(String(editMode), imports === true),
    names: 'user federation',
    fix: fix as RegExp,
  })),
);
