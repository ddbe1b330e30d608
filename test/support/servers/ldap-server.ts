// An OpenLDAP of a test's own: in a temporary folder, on a free loopback port.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPrograms } from './programs.ts';
import { runCommand } from './run-command.ts';
import { freePort, startServerProcess } from './server-process.ts';

const BASE = 'dc=example,dc=com';
const PASSWORD = 'secret';

export interface LdapServer extends AsyncDisposable {
  /** What a federation of Keycloak's needs to find its people. */
  readonly config: Readonly<Record<string, readonly string[]>>;
}

/** @param people `uid` → email. */
export async function startLdap(people: Readonly<Record<string, string>>): Promise<LdapServer> {
  const { slapd } = await findPrograms();
  const folder = await mkdtemp(join(tmpdir(), 'byok-ldap-'));
  await mkdir(join(folder, 'db'));
  const settings = join(folder, 'slapd.conf');
  await writeFile(settings, settingsIn(folder));
  await writeFile(join(folder, 'people.ldif'), ldifOf(people));
  await runCommand(slapd, ['-T', 'add', '-f', settings, '-l', join(folder, 'people.ldif')]);
  const url = `ldap://127.0.0.1:${await freePort()}`;
  const { stop } = await startServerProcess({
    name: 'OpenLDAP',
    command: slapd,
    args: ['-f', settings, '-h', url, '-d', 'stats'],
    ready: /slapd starting/,
    readyWithinMs: 20_000,
  });
  return {
    config: {
      vendor: ['other'],
      connectionUrl: [url],
      authType: ['simple'],
      bindDn: [`cn=admin,${BASE}`],
      bindCredential: [PASSWORD],
      usersDn: [`ou=people,${BASE}`],
      usernameLDAPAttribute: ['uid'],
      rdnLDAPAttribute: ['uid'],
      uuidLDAPAttribute: ['entryUUID'],
      userObjectClasses: ['inetOrgPerson'],
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

const settingsIn = (folder: string): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "${BASE}"
rootdn "cn=admin,${BASE}"
rootpw ${PASSWORD}
directory ${join(folder, 'db')}
`;

const ldifOf = (people: Readonly<Record<string, string>>): string =>
  [
    `dn: ${BASE}\nobjectClass: dcObject\nobjectClass: organization\no: example\ndc: example`,
    `dn: ou=people,${BASE}\nobjectClass: organizationalUnit\nou: people`,
    ...Object.entries(people).map(
      ([uid, mail]) =>
        `dn: uid=${uid},ou=people,${BASE}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: Test\ngivenName: Test\nmail: ${mail}`,
    ),
  ].join('\n\n');
