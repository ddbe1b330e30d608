// Which service is asking, and whether it may: each check alone.
import type { FastifyRequest } from 'fastify';
import { beforeEach, describe, expect, it } from 'vitest';
import { callerOf, createAuthenticateService, createScopeGuard } from '../../src/services/authenticate-service-hook.ts';
import {
  isServiceToken,
  mayUse,
  newServiceToken,
  requireScope,
  SCOPE_OF_ROLE,
  type ServiceCaller,
} from '../../src/services/service-caller.ts';
import { createServiceIdentities, type ServiceTokenVerifier } from '../../src/services/service-identities.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createMemoryAuditLog } from '../support/memory/memory-audit-log.ts';

const CALLER: ServiceCaller = {
  kind: 'service',
  id: 'gateway',
  scopes: new Set(['resolve']),
  providers: new Set(['groq']),
};
const refused = { code: 'not_authenticated', status: 401 };

describe('a caller', () => {
  it('may name the providers that it was given, or all', () => {
    expect([mayUse(CALLER, 'groq'), mayUse(CALLER, 'openai')]).toEqual([true, false]);
    expect(mayUse({ ...CALLER, providers: undefined }, 'openai')).toBe(true);
    expect(mayUse({ ...CALLER, providers: new Set() }, 'groq')).toBe(false);
  });

  it('has the scopes of its roles, and no other role is one', () => {
    expect(SCOPE_OF_ROLE.get('byok-resolve')).toBe('resolve');
    for (const role of ['resolve', 'byok-admin', 'BYOK-RESOLVE', '']) expect(SCOPE_OF_ROLE.get(role)).toBeUndefined();
  });

  it('is refused a scope that it lacks, by name in the log', () => {
    expect(() => requireScope(CALLER, 'resolve')).not.toThrow();
    expect(() => requireScope(CALLER, 'usage')).toThrow(
      expect.objectContaining({ code: 'scope_required', message: expect.stringMatching(/gateway lacks .*usage/) }),
    );
  });
});

it('a service token is told from everything else by its whole text', () => {
  const token = newServiceToken();
  expect(isServiceToken(token)).toBe(true);
  for (const text of [`x${token}`, `${token}x`, `${token}\n`, token.slice(0, -1), token.replace('_st_', '_ST_'), ''])
    expect(isServiceToken(text), text).toBe(false);
});

describe('the bearer token of a service', () => {
  let time = 1_000_000;
  let asked: string[];
  const identityProvider: ServiceTokenVerifier = {
    async verifyServiceToken(token) {
      asked.push(token);
      if (token === 'down') throw new ByokError('directory_unavailable');
      if (token !== 'good') throw new ByokError('not_authenticated');
      return { caller: CALLER, until: time + 60_000 };
    },
  };
  const tokens = {
    async findByHash(hash: string) {
      asked.push(hash);
      return undefined;
    },
  };
  const identities = () => createServiceIdentities({ tokens, identityProvider, now: () => time });
  beforeEach(() => {
    asked = [];
  });

  it('of the identity provider is remembered until it ends, alone', async () => {
    const known = identities();
    await expect(known.verify('good')).resolves.toBe(CALLER);
    expect(known.known('good')).toBe(CALLER);
    expect(known.known('good ')).toBeUndefined();
    time += 59_999;
    expect(known.known('good')).toBe(CALLER);
    time += 1;
    expect(known.known('good')).toBeUndefined();
  });

  it('that is refused, or cannot be checked, is not remembered', async () => {
    const known = identities();
    for (const [bearer, code] of [
      ['bad', 'not_authenticated'],
      ['down', 'directory_unavailable'],
      [newServiceToken(), 'not_authenticated'],
    ] as const) {
      await expect(known.verify(bearer)).rejects.toMatchObject({ code });
      expect(known.known(bearer)).toBeUndefined();
    }
  });

  it('that an operator made is never shown to the identity provider', async () => {
    const token = newServiceToken();
    await expect(identities().verify(token)).rejects.toMatchObject({ ...refused, message: 'no such service token' });
    expect(asked).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });

  it('of no kind that is known here is refused', async () => {
    const embedded = createServiceIdentities({ tokens, identityProvider: undefined });
    await expect(embedded.verify('good')).rejects.toMatchObject({ ...refused, message: 'not a service token' });
    expect(asked).toEqual([]);
  });
});

describe('a request of a service', () => {
  let limited: number;
  let asked: string[];
  const identities = {
    known(bearer: string) {
      asked.push(bearer);
      return bearer === 'known' ? CALLER : undefined;
    },
    async verify(bearer: string) {
      asked.push(bearer);
      if (bearer !== 'good') throw new ByokError('not_authenticated');
      return CALLER;
    },
  };
  const address = async (): Promise<void> => {
    limited += 1;
  };
  const hook = createAuthenticateService(identities, { address } as never);
  const ask = async (authorization?: string) => {
    limited = 0;
    asked = [];
    const request = { headers: { authorization } } as unknown as FastifyRequest;
    await hook(request, {} as never);
    return callerOf(request);
  };

  it.each(['Bearer good', 'bearer good', 'BEARER   good', 'Bearer good  '])(
    'has a caller by "%s", and counts for its address',
    async (authorization) => {
      await expect(ask(authorization)).resolves.toBe(CALLER);
      expect(limited).toBe(1);
    },
  );

  it('does not count for its address where its token is known', async () => {
    await expect(ask('Bearer known')).resolves.toBe(CALLER);
    expect(limited).toBe(0);
  });

  it.each([
    undefined,
    '',
    'good',
    'Bearer',
    'Bearer ',
    'Bearergood',
    'Basic good',
    'Bearer good good',
    'x Bearer good',
  ])('has none by "%s", and counts; nothing is looked up', async (authorization) => {
    await expect(ask(authorization)).rejects.toMatchObject(refused);
    expect(limited).toBe(1);
    expect(asked).toEqual([]);
  });

  it('that was not authenticated has no caller', () => {
    expect(() => callerOf({} as FastifyRequest)).toThrow(expect.objectContaining(refused));
  });
});

describe('a route of a scope', () => {
  const request = (scopes: ServiceCaller['scopes'], action?: string) =>
    ({
      id: 'r-1',
      ip: '10.0.0.7',
      headers: {},
      caller: { ...CALLER, scopes },
      routeOptions: { config: action === undefined ? {} : { audit: { action } } },
    }) as unknown as FastifyRequest;

  it('lets those in who have it, and records nothing', async () => {
    const audit = createMemoryAuditLog();
    await createScopeGuard('resolve', audit)(request(CALLER.scopes, 'key.release'), {} as never);
    expect(audit.events).toEqual([]);
  });

  it('refuses the others, on record where the route has an action', async () => {
    const audit = createMemoryAuditLog();
    const guard = createScopeGuard('usage', audit);
    const required = { code: 'scope_required', status: 403 };
    await expect(guard(request(CALLER.scopes), {} as never)).rejects.toMatchObject(required);
    expect(audit.events).toEqual([]);
    await expect(guard(request(CALLER.scopes, 'key.release'), {} as never)).rejects.toMatchObject(required);
    expect(audit.events).toEqual([
      expect.objectContaining({
        action: 'key.release',
        outcome: 'refused',
        reason: 'scope_required',
        actor: { kind: 'service', id: 'gateway' },
        requestId: 'r-1',
      }),
    ]);
  });
});
