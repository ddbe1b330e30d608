// Judges whether a realm would keep our attributes, and keep people from changing them.
import { z } from 'zod';
import type { KeycloakAdmin } from './keycloak-admin.ts';
import type { KeycloakFailure } from './keycloak-failures.ts';
import {
  DEFAULT_MAX_LENGTH,
  type DeclaredAttribute,
  maxLengthOf,
  mayEdit,
  mayView,
  profileShape,
  type RealmProfile,
  sortAttributes,
} from './keycloak-profile.ts';
import { adviceOnRefusal } from './keycloak-refusal-advice.ts';
import { type KeycloakRights, readRights } from './keycloak-rights.ts';

export interface RealmFinding {
  /** `refuse`: starting would lose keys or hand out tiers. `warn`: works, and should be mended. */
  readonly severity: 'refuse' | 'warn';
  /** What is wrong and what to do. */
  readonly message: string;
}

interface ProfileCheckOptions {
  /** Turns "people can edit their own tier" into a warning. */
  readonly allowSelfEdit: boolean;
}

interface RealmCheckOptions extends ProfileCheckOptions {
  readonly realm: string;
  readonly clientId: string;
}

const SETUP = 'Run `byok keycloak setup`.';

/**
 * Reads the realm's profile and our own rights: two or three calls.
 * @throws ByokError `directory_unavailable` when Keycloak does not answer. Being refused is a finding.
 */
export async function checkKeycloakRealm(admin: KeycloakAdmin, options: RealmCheckOptions): Promise<RealmFinding[]> {
  const profile = await readProfile(admin);
  if (!profile.ok) {
    const refusal = refusalFinding(profile.failure, options);
    if (refusal === undefined) throw profile.error;
    return [refusal];
  }
  return [...rightsFindings(await readRights(admin)), ...judgeProfile(profile.value, options)];
}

export const readProfile = (admin: KeycloakAdmin) =>
  admin.attempt({
    kind: 'profile',
    name: 'read the user profile',
    shape: profileShape,
    run: (client) => client.users.getProfile(),
  });

function refusalFinding(
  { status, outcome, what, body, own }: KeycloakFailure,
  asked: RealmCheckOptions,
): RealmFinding | undefined {
  if (!own) return undefined;
  if (outcome === 'credentials_refused') return refuse(`Keycloak ${what}. ${adviceOnRefusal(what, asked)}`);
  if (status === 403) return rightsFindings({ view: false, manage: false })[0];
  const noRealm = z.object({ error: z.literal('Realm not found.') }).safeParse(body).success;
  if (status === 404 && noRealm) return refuse('Keycloak has no such realm. Check KEYCLOAK_REALM.');
  return undefined;
}

function rightsFindings({ view, manage }: KeycloakRights): RealmFinding[] {
  const missing = [...(view ? [] : ['view-users', 'query-users']), ...(manage ? [] : ['manage-users'])];
  if (missing.length === 0) return [];
  return [
    refuse(
      `The service account lacks ${missing.join(', ')} of realm-management: add ${missing.length > 1 ? 'them' : 'it'} under Clients, the client, Service account roles. ${SETUP}`,
    ),
  ];
}

/** Judges a profile by itself. */
export function judgeProfile(profile: RealmProfile, options: ProfileCheckOptions): RealmFinding[] {
  const { declared, undeclared } = sortAttributes(profile);
  return [
    ...judgeUndeclared(
      undeclared.map(({ name }) => name),
      profile.unmanagedAttributePolicy ?? 'DISABLED',
      options,
    ),
    ...judgeDeclared(declared, options),
  ];
}

function judgeUndeclared(names: string[], policy: string, options: ProfileCheckOptions): RealmFinding[] {
  if (names.length === 0) return [];
  const short = warn(
    `The user profile does not declare ${list(names)}: values beyond ${DEFAULT_MAX_LENGTH} characters are refused, as tokens of long keys are. ${SETUP}`,
  );
  if (policy === 'ADMIN_EDIT') return [short];
  if (policy === 'ENABLED') {
    const message = `People can edit ${list(names)} of their own account, and so raise their own tier: the user profile does not declare ${names.length > 1 ? 'them' : 'it'} and its unmanagedAttributePolicy is ENABLED. ${SETUP}`;
    return options.allowSelfEdit ? [warn(message), short] : [refuse(message)];
  }
  return [
    refuse(
      `The user profile does not declare ${list(names)}, so Keycloak would drop what is stored there without a word. ${SETUP}`,
    ),
  ];
}

interface Rule {
  readonly applies: (attribute: DeclaredAttribute) => boolean;
  readonly finding: (names: string) => RealmFinding;
}

function judgeDeclared(attributes: DeclaredAttribute[], { allowSelfEdit }: ProfileCheckOptions): RealmFinding[] {
  const rules: readonly Rule[] = [
    {
      applies: ({ declared }) => !mayEdit(declared, 'admin'),
      finding: (names) =>
        refuse(`The user profile lets no administrator edit ${names}, so nothing can be stored there. ${SETUP}`),
    },
    {
      applies: ({ declared }) => mayEdit(declared, 'user'),
      finding: (names) =>
        (allowSelfEdit ? warn : refuse)(`The user profile lets people edit ${names} of their own account. ${SETUP}`),
    },
    ...VISIBILITY_RULES,
    ...KEY_RULES,
  ];
  return rules.flatMap(({ applies, finding }) => {
    const names = attributes.filter(applies).map(({ attribute }) => attribute.name);
    return names.length === 0 ? [] : [finding(list(names))];
  });
}

const onlyViewed = (declared: DeclaredAttribute['declared']): boolean =>
  mayView(declared, 'user') && !mayEdit(declared, 'user');

const VISIBILITY_RULES: readonly Rule[] = [
  {
    applies: ({ attribute, declared }) => attribute.owner === 'key' && onlyViewed(declared),
    finding: (names) => warn(`The user profile lets people see ${names}, which need not leave the service. ${SETUP}`),
  },
  {
    applies: ({ attribute, declared }) => attribute.owner === 'subscription' && onlyViewed(declared),
    finding: (names) =>
      warn(`The user profile lets people see ${names}. Nothing breaks; take it away if it is not meant.`),
  },
];

const KEY_RULES: readonly Rule[] = [
  {
    applies: ({ attribute, declared }) => attribute.owner === 'key' && maxLengthOf(declared) < attribute.maxLength,
    finding: (names) => warn(`The user profile allows shorter values of ${names} than are needed. ${SETUP}`),
  },
  {
    applies: ({ attribute, declared }) => attribute.owner === 'key' && declared.multivalued !== true,
    finding: (names) =>
      warn(
        `The user profile declares ${names} as single-valued: an account in which a race left several values there could not be changed at all. ${SETUP}`,
      ),
  },
];

const refuse = (message: string): RealmFinding => ({ severity: 'refuse', message });
const warn = (message: string): RealmFinding => ({ severity: 'warn', message });

/** `a, b, c and 77 more`. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
