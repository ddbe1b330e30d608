// Makes a realm ready for the service: plans every change first, so that a person can read it before it happens.
import type { UserProfileConfig } from '@keycloak/keycloak-admin-client/lib/defs/userProfileMetadata.js';
import { z } from 'zod';
import type { KeycloakAdmin } from '../keycloak-admin.ts';
import { readProfile } from '../keycloak-realm-check.ts';
import { planClient } from './keycloak-setup-client.ts';
import { planProfile } from './keycloak-setup-profile.ts';
import type { SetupPart, SetupStep } from './keycloak-setup-roles.ts';

export interface SetupOptions {
  readonly realm: string;
  readonly clientId: string;
  /** Undefined: a client that has to be created gets a random one. */
  readonly clientSecret: string | undefined;
  /** Scheme, host and port that browsers call, without a slash at the end. */
  readonly publicUrl: string;
  /** Empty, or a path without a slash at the end. */
  readonly basePath: string;
}

export interface SetupPlan extends SetupPart {
  /** The secret of the client that the steps create; undefined where there is nothing to tell. */
  readonly newSecret: string | undefined;
}

/**
 * Reads the realm and says what has to change; changes nothing. Run each step's `apply` in order.
 * @throws ByokError `directory_unavailable` when Keycloak does not answer or refuses: its message is for the operator.
 */
export async function planKeycloakSetup(admin: KeycloakAdmin, options: SetupOptions): Promise<SetupPlan> {
  const warnings = await realmWarnings(admin, options.realm);
  const profile = await readProfile(admin);
  if (!profile.ok) throw profile.error;
  const home = `${options.publicUrl}${options.basePath}`;
  const client = await planClient(admin, {
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    addresses: {
      homeUrl: `${home}/`,
      redirectUri: `${home}/auth/callback`,
      postLogoutUri: `${home}/*`,
      backchannelLogoutUrl: `${home}/auth/backchannel-logout`,
    },
  });
  return {
    steps: [...profileSteps(admin, planProfile(profile.value)), ...client.steps],
    advice: [...client.advice, ...warnings],
    newSecret: client.newSecret,
  };
}

function profileSteps(
  admin: KeycloakAdmin,
  { profile, lines }: { profile: ReturnType<typeof planProfile>['profile']; lines: readonly string[] },
): SetupStep[] {
  const apply = () =>
    admin.call({
      kind: 'setup',
      name: 'change the user profile',
      shape: z.unknown(),
      run: (client) => client.users.updateProfile(Object.assign<UserProfileConfig, object>({}, profile)),
    });
  // One change of the profile declares them all; every line is said.
  return lines.map((line, index) => ({ line, apply: index === 0 ? apply : async () => undefined }));
}

const FIRST_PRIVATE_PROFILES = [26, 5, 6];

async function realmWarnings(admin: KeycloakAdmin, realm: string): Promise<string[]> {
  const { adminEventsDetailsEnabled, duplicateEmailsAllowed } = await admin.call({
    kind: 'setup',
    name: `read the realm ${realm}`,
    shape: z.object({
      adminEventsDetailsEnabled: z.boolean().optional(),
      duplicateEmailsAllowed: z.boolean().optional(),
    }),
    run: (client) => client.realms.findOne({ realm }, { catchNotFound: false }),
  });
  const version = await admin.attempt({
    kind: 'setup',
    name: 'read the version of Keycloak',
    shape: z.object({ systemInfo: z.object({ version: z.string() }) }),
    run: (client) => client.serverInfo.find(),
  });
  return [
    ...(duplicateEmailsAllowed === true
      ? [
          'Several accounts may have one email address, and none of those is found by it. Switch that off: Realm settings → Login → Duplicate emails.',
        ]
      : []),
    ...(adminEventsDetailsEnabled === true
      ? [
          'Admin events are stored with details: each change of a user leaves a copy of its attributes behind, after the user is deleted too. Switch details off: Realm settings → Events → Admin events settings → Include representation.',
        ]
      : []),
    ...(version.ok && isBefore(version.value.systemInfo.version, FIRST_PRIVATE_PROFILES)
      ? [
          `Keycloak ${version.value.systemInfo.version} does not keep administrators' attributes private (CVE-2025-13881, CVE-2026-3911). Upgrade to 26.5.6 or later.`,
        ]
      : []),
  ];
}

function isBefore(version: string, other: readonly number[]): boolean {
  const parts = version.split(/[.-]/).map(Number);
  const index = other.findIndex((part, at) => parts[at] !== part);
  return index >= 0 && (parts[index] ?? 0) < (other[index] ?? 0);
}
