// What our token may do with the realm's users. Keycloak itself is asked: roles come by composites and groups too.
import { z } from 'zod';
import type { KeycloakAdmin } from './keycloak-admin.ts';
import { isNoSuchUser, type KeycloakFailure } from './keycloak-failures.ts';

export interface KeycloakRights {
  readonly view: boolean;
  readonly manage: boolean;
}

const accessShape = z.object({ access: z.object({ manage: z.boolean() }) });
const claimsShape = z.object({ sub: z.string() });

/**
 * Looks at the access that Keycloak grants to one user's record: that of the service account itself, or for an admin of
 * another realm, the first user that there is.
 * @throws ByokError `directory_unavailable`
 */
export async function readRights(admin: KeycloakAdmin): Promise<KeycloakRights> {
  const token = await admin.accessToken();
  const id = subjectOf(token);
  const own = id === undefined ? undefined : await readOwn(admin, id);
  const rights = own ?? (await readFirst(admin));
  return rights.manage || !admin.lacksRights(token) ? rights : await readRights(admin);
}

/** @returns undefined where our user is not one of this realm. */
async function readOwn(admin: KeycloakAdmin, id: string): Promise<KeycloakRights | undefined> {
  const result = await admin.attempt({
    kind: 'read',
    name: 'read our own user',
    shape: accessShape,
    run: (client) => client.users.findOne({ id }, { catchNotFound: false }),
  });
  if (result.ok) return { view: true, manage: result.value.access.manage };
  if (isForbidden(result.failure)) return { view: false, manage: false };
  if (isNoSuchUser(result.failure)) return undefined;
  throw result.error;
}

async function readFirst(admin: KeycloakAdmin): Promise<KeycloakRights> {
  const result = await admin.attempt({
    kind: 'list',
    name: 'read one user',
    shape: z.array(accessShape),
    run: (client) => client.users.find({ first: 0, max: 1 }),
  });
  if (!result.ok) {
    if (isForbidden(result.failure)) return { view: false, manage: false };
    throw result.error;
  }
  // A realm without users tells nothing, and there is nothing in it that could be done wrong.
  return { view: true, manage: result.value[0]?.access.manage ?? true };
}

const isForbidden = ({ own, status }: KeycloakFailure): boolean => own && status === 403;

function subjectOf(token: string): string | undefined {
  const [, payload = ''] = token.split('.');
  try {
    return claimsShape.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString())).data?.sub;
  } catch {
    return undefined;
  }
}
