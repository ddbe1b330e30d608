// Routes that demand somebody, an administrator, or somebody who was neither deleted nor disabled since the sign-in.
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { isAdmin, principalOf, requireAdmin } from '../../src/http/principal.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createRequireAccount } from '../../src/users/account-hook.ts';

const PERSON = { userId: 'ada', email: undefined, via: 'session', sessionId: 's-1' } as const;
const requestOf = (roles?: readonly string[]) =>
  ({ principal: roles === undefined ? undefined : { ...PERSON, roles } }) as unknown as FastifyRequest;

describe('a route that demands somebody', () => {
  it('has them, or refuses', () => {
    expect(principalOf(requestOf([]))).toMatchObject({ userId: 'ada' });
    expect(() => principalOf(requestOf())).toThrow(expect.objectContaining({ code: 'not_authenticated', status: 401 }));
  });
});

describe('a route of administrators', () => {
  it.each([[['byok-admin']], [['user', 'byok-admin']]])('lets %j in', async (roles) => {
    await expect(requireAdmin(requestOf(roles))).resolves.toBeUndefined();
    expect(isAdmin({ roles })).toBe(true);
  });

  it.each([[[]], [['admin']], [['BYOK-ADMIN']], [['byok-admin ']], [['byok-admins', 'byok', 'realm-admin']], [['']]])(
    'refuses %j',
    async (roles) => {
      await expect(requireAdmin(requestOf(roles))).rejects.toMatchObject({ code: 'admin_required', status: 403 });
    },
  );

  it('refuses nobody as nobody', async () => {
    await expect(requireAdmin(requestOf())).rejects.toMatchObject({ code: 'not_authenticated' });
  });
});

const ADA = { email: 'ada@example.com', name: 'Ada', tier: 'starter', enabled: true };
const askedBy = { principal: { userId: 'ada', roles: ['byok-admin'] } } as unknown as FastifyRequest;

it('a person whom the directory has is let in, and it is they who are looked up', async () => {
  const asked: string[] = [];
  const hook = createRequireAccount(async (id) => {
    asked.push(id);
    return ADA;
  });
  await expect(hook(askedBy)).resolves.toBeUndefined();
  expect(asked).toEqual(['ada']);
});

it.each([
  ['deleted', async () => undefined, 'not_authenticated'],
  ['disabled', async () => ({ ...ADA, enabled: false }), 'account_disabled'],
  ['not to be looked up', () => Promise.reject(new ByokError('directory_unavailable')), 'directory_unavailable'],
])('one who is %s is refused', async (_what, describeUser, code) => {
  await expect(createRequireAccount(describeUser)(askedBy)).rejects.toMatchObject({ code });
});

it('that they were deleted is said to the log, not to them', async () => {
  const error = await createRequireAccount(async () => undefined)(askedBy).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ message: 'the session’s user does not exist', detail: 'Not authenticated' });
});
