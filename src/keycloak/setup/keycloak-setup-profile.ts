// What set-up changes in a realm's user profile: our attributes declared for administrators only, nothing else touched.
import { PROVIDERS } from '../../providers/provider-table.ts';
import type { RealmAttribute } from '../../users/realm-attributes.ts';
import {
  type Declaration,
  type DeclaredAttribute,
  maxLengthOf,
  mayEdit,
  mayView,
  type RealmProfile,
  sortAttributes,
} from '../keycloak-profile.ts';

export interface ProfilePlan {
  readonly profile: RealmProfile;
  /** One sentence a change; none when the profile is right. */
  readonly lines: readonly string[];
}

const GROUP = {
  name: 'byok',
  displayHeader: 'Bring your own key',
  displayDescription: 'Keys (encrypted) and subscription. Kept by the key service: do not edit by hand.',
};
const ADMIN_ONLY = { view: ['admin'], edit: ['admin'] };

export function planProfile(profile: RealmProfile): ProfilePlan {
  const { declared, undeclared } = sortAttributes(profile);
  const mended = declared.map(mend).filter(({ wrong }) => wrong.length > 0);
  const byName = new Map(mended.map(({ declaration }) => [declaration.name, declaration]));
  const lines = [
    ...declareLines(undeclared),
    ...mended.map(({ declaration, wrong }) => `Change the declared attribute ${declaration.name}: ${wrong.join(', ')}`),
  ];
  if (lines.length === 0) return { profile, lines };
  const groups = profile.groups ?? [];
  return {
    lines,
    profile: {
      ...profile,
      attributes: [
        ...(profile.attributes ?? []).map((attribute) => byName.get(attribute.name) ?? attribute),
        ...undeclared.map(declarationFor),
      ],
      groups: groups.some(({ name }) => name === GROUP.name) ? groups : [...groups, GROUP],
    },
  };
}

/**
 * Several values are allowed on purpose: writers that race leave some even where one is declared, and Keycloak then
 * refuses every later change of that user (measured). The service itself writes exactly one.
 */
function declarationFor({ name, maxLength }: RealmAttribute): Declaration {
  return {
    name,
    displayName: name,
    group: GROUP.name,
    permissions: ADMIN_ONLY,
    validations: { length: { max: maxLength } },
    multivalued: true,
  };
}

/** Attributes of keys are ours alone and made right in full. Billing may have declared its own: only what is unsafe goes. */
function mend({ attribute, declared }: DeclaredAttribute): { declaration: Declaration; wrong: string[] } {
  const wrong: string[] = [];
  let declaration = declared;
  const ours = attribute.owner === 'key';
  if (mayEdit(declared, 'user')) wrong.push('people can no longer edit it themselves');
  if (!mayEdit(declared, 'admin')) wrong.push('administrators can edit it');
  if (ours && mayView(declared, 'user')) wrong.push('people can no longer see it');
  if (wrong.length > 0) {
    const view = ours ? ADMIN_ONLY.view : (declared.permissions?.view ?? ADMIN_ONLY.view);
    declaration = { ...declaration, permissions: { ...declared.permissions, view, edit: ADMIN_ONLY.edit } };
  }
  if (ours && maxLengthOf(declared) < attribute.maxLength) {
    const length = Object.assign({}, declared.validations?.length, { max: attribute.maxLength });
    declaration = { ...declaration, validations: { ...declared.validations, length } };
    wrong.push(`up to ${attribute.maxLength} characters`);
  }
  if (ours && declared.multivalued !== true) {
    declaration = { ...declaration, multivalued: true };
    wrong.push('several values, left by a race, no longer block the account');
  }
  return { declaration, wrong };
}

/** One line a provider, for there are many attributes. */
function declareLines(attributes: readonly RealmAttribute[]): string[] {
  const owners = [...PROVIDERS.keys()].map((provider) => ({
    of: `keys for ${provider}`,
    names: attributes.filter(({ name }) => name.startsWith(`byok_${provider}_`)).map(({ name }) => name),
  }));
  const subscription = attributes.filter(({ owner }) => owner === 'subscription').map(({ name }) => name);
  return [...owners, { of: 'subscription and usage', names: subscription }]
    .filter(({ names }) => names.length > 0)
    .map(({ of, names }) => `Declare the attributes of ${of}, for administrators only: ${names.join(', ')}`);
}
