// Whether Keycloak can store attributes of people who come from a directory behind it, such as an LDAP. An account of a
// federation in edit mode READ_ONLY takes none, and neither does one of a federation that imports nobody (measured).
import { z } from 'zod';
import type { KeycloakAdmin } from './keycloak-admin.ts';
import type { RealmFinding } from './keycloak-realm-check.ts';

const FIX = 'Set its edit mode to UNSYNCED, with Import Users on: User federation → Settings.';
/** How many users are looked at for those of a federation. */
const SAMPLE = 100;

const option = z.array(z.string()).optional();
const component = z.object({
  name: z.string(),
  config: z.object({ editMode: option, importEnabled: option, enabled: option }).default({}),
});
const listed = z.object({ id: z.string(), federationLink: z.string().nullish() });
const profiled = z.object({
  userProfileMetadata: z.object({
    attributes: z.array(z.object({ name: z.string(), readOnly: z.boolean().optional() })),
  }),
});

/** One finding for each federation whose people cannot store keys. What cannot be seen now is not found. */
export async function checkFederations(admin: KeycloakAdmin): Promise<RealmFinding[]> {
  const components = await admin.attempt({
    kind: 'list',
    name: 'list the user federations',
    shape: z.array(component),
    run: (client) => client.components.find({ type: 'org.keycloak.storage.UserStorageProvider' }),
  });
  // A service account without view-realm may not look: its users show how they are kept.
  return components.ok ? components.value.flatMap(judge) : await judgeByUsers(admin);
}

function judge({ name, config }: z.output<typeof component>): RealmFinding[] {
  const is = (setting: readonly string[] | undefined, value: string): boolean => setting?.[0] === value;
  if (is(config.enabled, 'false')) return [];
  if (is(config.importEnabled, 'false')) return [finding(`The user federation ${name} imports nobody`)];
  return is(config.editMode, 'READ_ONLY') ? [finding(`The user federation ${name} is READ_ONLY`)] : [];
}

async function judgeByUsers(admin: KeycloakAdmin): Promise<RealmFinding[]> {
  const users = await admin.attempt({
    kind: 'list',
    name: 'look for users of a federation',
    shape: z.array(listed),
    run: (client) => client.users.find({ max: SAMPLE }),
  });
  if (!users.ok) return [];
  const samples = new Map(
    users.value.flatMap(({ id, federationLink }) => (federationLink ? [[federationLink, id]] : [])),
  );
  const findings: RealmFinding[] = [];
  for (const [link, id] of samples) {
    if (id.startsWith('f:')) findings.push(finding(`The user federation ${link} imports nobody`));
    else if (await isReadOnly(admin, id)) findings.push(finding(`The user federation ${link} is READ_ONLY`));
  }
  return findings;
}

/** Keycloak marks every attribute of such a user as read-only, ours among them. */
async function isReadOnly(admin: KeycloakAdmin, id: string): Promise<boolean> {
  const user = await admin.attempt({
    kind: 'read',
    name: 'read what of a user may be changed',
    shape: profiled,
    run: (client) => client.users.findOne({ id, userProfileMetadata: true }, { catchNotFound: false }),
  });
  if (!user.ok) return false;
  const { attributes } = user.value.userProfileMetadata;
  return attributes.length > 0 && attributes.every(({ readOnly }) => readOnly === true);
}

const finding = (what: string): RealmFinding => ({
  severity: 'warn',
  message: `${what}, so its people can store no keys. ${FIX}`,
});
