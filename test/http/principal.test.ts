// Routes that demand somebody, and those that demand an administrator.
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { isAdmin, principalOf, requireAdmin } from '../../src/http/principal.ts';

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
