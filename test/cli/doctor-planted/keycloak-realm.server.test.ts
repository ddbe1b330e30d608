// The realm: its name, its settings, its user profile.
import { afterAll, beforeAll } from 'vitest';
import { findsPlanted } from './planted.ts';
import { createPlantedRealm, type PlantedRealm } from './planted-realm.ts';

let realm: PlantedRealm;
beforeAll(async () => {
  realm = await createPlantedRealm();
});
afterAll(() => realm?.drop());

const isOurs = ({ name }: { readonly name?: unknown }): boolean =>
  /^(byok_|subscription_|api_calls_)/.test(String(name));
const undeclared = (unmanagedAttributePolicy?: string) =>
  realm.changeProfile((profile) => ({
    ...profile,
    attributes: profile.attributes.filter((one) => !isOurs(one)),
    unmanagedAttributePolicy,
  }));
const permissions = (view: string[], edit: string[]) =>
  realm.changeProfile((profile) => ({
    ...profile,
    attributes: profile.attributes.map((one) => (isOurs(one) ? { ...one, permissions: { view, edit } } : one)),
  }));

findsPlanted('the realm', { surroundings: () => realm.env }, [
  {
    name: 'a realm that there is not',
    plant: () => ({ KEYCLOAK_REALM: 'uchubb' }),
    names: 'KEYCLOAK_REALM',
    fix: /no realm uchubb.*[Cc]heck KEYCLOAK_REALM/,
  },
  {
    name: 'a realm that is disabled',
    plant: async () => void (await realm.change({ enabled: false })),
    names: 'KEYCLOAK_REALM',
    fix: /is disabled.*switch Enabled on/,
    start: 'refuses',
  },
  {
    name: 'a realm that demands HTTPS, at an address without',
    plant: async () => void (await realm.change({ sslRequired: 'all' })),
    names: 'KEYCLOAK_URL',
    fix: /HTTPS.*Require SSL/,
  },
  {
    name: 'a realm with a frontend address of its own',
    plant: async () => void (await realm.change({ attributes: { frontendUrl: 'https://auth.example.com' } })),
    names: 'KEYCLOAK_PUBLIC_URL',
    fix: /calls itself https:\/\/auth\.example\.com.*KC_HOSTNAME/,
  },
  {
    name: 'a public address that is not the one of the tokens',
    plant: () => ({ KEYCLOAK_PUBLIC_URL: 'https://login.example.com' }),
    names: 'KEYCLOAK_PUBLIC_URL',
    fix: /calls itself http:.*not https:\/\/login\.example\.com/,
  },
  {
    name: 'a user profile without our attributes',
    plant: async () => void (await undeclared()),
    names: 'user profile does not declare',
    fix: /would drop what is stored.*`byok keycloak setup`/,
    start: 'refuses',
  },
  {
    name: 'a policy that lets people write attributes that nobody declares',
    plant: async () => void (await undeclared('ENABLED')),
    names: 'unmanagedAttributePolicy',
    fix: /raise their own tier.*`byok keycloak setup`/,
    start: 'refuses',
  },
  {
    name: 'a policy that lets administrators only see them',
    plant: async () => void (await undeclared('ADMIN_VIEW')),
    names: 'user profile does not declare',
    fix: /`byok keycloak setup`/,
    start: 'refuses',
  },
  {
    name: 'attributes that people may edit',
    plant: async () => void (await permissions(['admin', 'user'], ['admin', 'user'])),
    names: 'lets people edit',
    fix: /`byok keycloak setup`/,
    start: 'refuses',
  },
  {
    name: 'attributes that no administrator may edit',
    plant: async () => void (await permissions(['admin'], [])),
    names: 'lets no administrator edit',
    fix: /`byok keycloak setup`/,
    start: 'refuses',
  },
  {
    name: 'attributes that are too short for long keys',
    plant: () =>
      realm
        .changeProfile((profile) => ({
          ...profile,
          attributes: profile.attributes.map((one) =>
            isOurs(one) ? { ...one, validations: { length: { max: 255 } } } : one,
          ),
        }))
        .then(() => undefined),
    names: 'allows shorter values',
    fix: /`byok keycloak setup`/,
  },
  {
    name: 'two accounts with one address',
    plant: async () => {
      await realm.change({ loginWithEmailAllowed: false, duplicateEmailsAllowed: true });
      for (const username of ['one', 'two']) await realm.addUser({ username, email: 'twice@example.com' });
      return undefined;
    },
    names: 'has the email address of another account',
    fix: /switch off Realm settings → Login → Duplicate emails/,
  },
  {
    name: 'an address that nobody has verified',
    plant: async () => void (await realm.addUser({ username: 'ada', email: 'ada@example.com', emailVerified: false })),
    names: 'BYOK_REQUIRE_VERIFIED_EMAIL',
    fix: /have them verified in Keycloak/,
  },
  {
    name: 'an account without an address',
    plant: async () => void (await realm.addUser({ username: 'nobody' })),
    names: 'has no email address',
    fix: /Set email and names/,
  },
  {
    name: 'a key that no ENCRYPTION_KEY decrypts',
    plant: async () =>
      void (await realm.addUser({
        username: 'ada',
        email: 'ada@example.com',
        attributes: { byok_groq_key: ['gAAAA'] },
      })),
    names: 'ENCRYPTION_KEY',
    fix: /Put the key back/,
  },
]);
