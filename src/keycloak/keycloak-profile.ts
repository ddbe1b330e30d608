// A realm's user profile (GET /admin/realms/{realm}/users/profile): which attributes it keeps, and for whom.
import { z } from 'zod';
import { REALM_ATTRIBUTES, type RealmAttribute } from '../users/realm-attributes.ts';

const roles = z.array(z.string()).optional();

const declarationShape = z.looseObject({
  name: z.string(),
  permissions: z.looseObject({ view: roles, edit: roles }).optional(),
  validations: z.record(z.string(), z.unknown()).optional(),
  multivalued: z.boolean().optional(),
});

export const profileShape = z.looseObject({
  attributes: z.array(declarationShape).optional(),
  groups: z.array(z.looseObject({ name: z.string() })).optional(),
  unmanagedAttributePolicy: z.enum(['DISABLED', 'ENABLED', 'ADMIN_VIEW', 'ADMIN_EDIT']).optional(),
});

export type RealmProfile = z.output<typeof profileShape>;
export type Declaration = z.output<typeof declarationShape>;

/** What Keycloak keeps of a value for which nothing else is declared (measured). */
export const DEFAULT_MAX_LENGTH = 2048;

function declarationOf(profile: RealmProfile, name: string): Declaration | undefined {
  return profile.attributes?.find((declared) => declared.name === name);
}

export const mayEdit = (declared: Declaration, role: 'admin' | 'user'): boolean =>
  declared.permissions?.edit?.includes(role) ?? false;

/** Whoever may edit may also view. */
export const mayView = (declared: Declaration, role: 'admin' | 'user'): boolean =>
  mayEdit(declared, role) || (declared.permissions?.view?.includes(role) ?? false);

/** Keycloak takes the number as text too. */
const lengthShape = z.looseObject({ max: z.coerce.number() });

export function maxLengthOf(declared: Declaration): number {
  return lengthShape.safeParse(declared.validations?.length).data?.max ?? DEFAULT_MAX_LENGTH;
}

/** Whether an administrator's write of this attribute is kept. */
export function keeps(profile: RealmProfile, name: string): boolean {
  const declared = declarationOf(profile, name);
  if (declared !== undefined) return mayEdit(declared, 'admin');
  return profile.unmanagedAttributePolicy === 'ENABLED' || profile.unmanagedAttributePolicy === 'ADMIN_EDIT';
}

export interface DeclaredAttribute {
  readonly attribute: RealmAttribute;
  readonly declared: Declaration;
}

/** Our attributes, those that the profile declares apart from those that it does not. */
export function sortAttributes(profile: RealmProfile): { declared: DeclaredAttribute[]; undeclared: RealmAttribute[] } {
  const declared: DeclaredAttribute[] = [];
  const undeclared: RealmAttribute[] = [];
  for (const attribute of REALM_ATTRIBUTES.values()) {
    const declaration = declarationOf(profile, attribute.name);
    if (declaration === undefined) undeclared.push(attribute);
    else declared.push({ attribute, declared: declaration });
  }
  return { declared, undeclared };
}
