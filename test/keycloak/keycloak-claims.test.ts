import { describe, expect, it } from 'vitest';
import {
  clientRoles,
  readAccessClaims,
  readLogoutClaims,
  readServiceClaims,
} from '../../src/keycloak/keycloak-claims.ts';

const OURS = 'ops-center';
const refused = { code: 'not_authenticated' };

const person = {
  sub: 'user-1',
  typ: 'Bearer',
  sid: 'session-1',
  azp: OURS,
  jti: 'onrtac:0129e823-353b-4bbb-04a4-51d140c80a32',
};
const service = {
  sub: 'account-1',
  typ: 'Bearer',
  azp: 'gateway',
  jti: 'trrtcc:0129e823-353b-4bbb-04a4-51d140c80a32',
  client_id: 'gateway',
  preferred_username: 'service-account-gateway',
  resource_access: { [OURS]: { roles: ['byok-resolve', 'byok-admin', 'other'] }, account: { roles: ['byok-usage'] } },
};

function readPerson(claims: object, allowedClients: readonly string[] = []) {
  const seen: string[] = [];
  const clients = { clientId: OURS, allowedClients, onRefusedClient: (azp: string) => void seen.push(azp) };
  try {
    return { user: readAccessClaims({ ...person, ...claims }, clients), seen };
  } catch (error) {
    return { error, seen };
  }
}
const readService = (claims: object) => {
  try {
    return { caller: readServiceClaims({ ...service, ...claims }, OURS) };
  } catch (error) {
    return { error };
  }
};

describe('the claims of a person’s token', () => {
  it('count for our client, and for one that is allowed and names us', () => {
    expect(readPerson({})).toMatchObject({ user: { userId: 'user-1' }, seen: [] });
    for (const aud of [OURS, ['account', OURS]])
      expect(readPerson({ azp: 'page', aud }, ['page'])).toMatchObject({ user: { userId: 'user-1' }, seen: [] });
  });

  it('do not count for an allowed client whose token does not name us, and that one is not to be allowed', () => {
    for (const aud of [undefined, [], 'account', 'ops', ['OPS-CENTER']])
      expect(readPerson({ azp: 'page', aud }, ['page'])).toMatchObject({ error: refused, seen: [] });
  });

  it('do not count for another client, which is told by name', () => {
    for (const azp of ['newsletter-spa', 'Page', ' page', 'page,other', '__proto__', OURS.toUpperCase()])
      expect(readPerson({ azp, aud: OURS }, ['page']), azp).toMatchObject({ error: refused, seen: [azp] });
    for (const azp of [undefined, '', null, 1, ['page']])
      expect(readPerson({ azp, aud: OURS }, ['page'])).toMatchObject({ error: refused, seen: [] });
  });

  it('name no client to be allowed where the token is refused for something else too', () => {
    for (const claims of [{ cnf: {} }, { sid: undefined }, { typ: 'ID' }, { preferred_username: 'service-account-x' }])
      expect(readPerson({ azp: 'x', aud: OURS, ...claims })).toMatchObject({ error: refused, seen: [] });
  });

  it.each([
    ['a key', { jkt: 'x' }],
    ['a certificate', { 'x5t#S256': 'x' }],
    ['a key in full', { jwk: { kty: 'EC' } }],
    ['nothing', {}],
    ['null', null],
    ['text', ''],
    ['false', false],
  ])('do not count where they are bound to %s', (_to, cnf) => {
    expect(readPerson({ cnf })).toMatchObject({ error: refused });
    expect(readPerson({ act: { sub: 'x', cnf } })).toMatchObject({ error: refused });
    expect(readService({ cnf })).toMatchObject({ error: refused });
    expect(readService({ act: { sub: 'x', cnf } })).toMatchObject({ error: refused });
  });

  it('are not those of client credentials, whatever else they say', () => {
    for (const jti of ['trrtcc:x', 'onrtcc:x', 'onltcc:x', 'ofrtcc:x'])
      expect(readPerson({ jti }), jti).toMatchObject({ error: refused });
    for (const jti of [
      'onrtac:x',
      'ofrtro:x',
      'trltte:x',
      '0129e823-353b-4bbb',
      undefined,
      'x-trrtcc:x',
      'trrtcc',
      'trrtccc:x',
    ])
      expect(readPerson({ jti }), jti).toMatchObject({ user: { userId: 'user-1' } });
  });
});

describe('the claims of a service’s token', () => {
  it('say who it is, with and without the grant in the token’s id', () => {
    for (const jti of [service.jti, 'onltcc:x', '0129e823-353b-4bbb', undefined])
      expect(readService({ jti }), jti).toMatchObject({ caller: { id: 'gateway', scopes: new Set(['resolve']) } });
    expect(readService({ client_id: undefined })).toMatchObject({ caller: { id: 'gateway' } });
  });

  it('are not those of a person who is called like a service account, in a session that is not kept', () => {
    for (const jti of ['trrtac:x', 'trrtte:x', 'trltro:x', 'trrtrt:x', 'unrtun:x']) {
      expect(readService({ jti }), jti).toMatchObject({ error: refused });
      expect(readService({ jti, client_id: undefined }), jti).toMatchObject({ error: refused });
    }
  });

  it('are not those of a session, nor of another account than the client’s own', () => {
    for (const claims of [{ sid: 's' }, { client_id: 'other' }, { client_id: undefined, preferred_username: 'ada' }])
      expect(readService(claims)).toMatchObject({ error: refused });
  });
});

describe('the log says why a token is refused, and the answer does not', () => {
  it.each<[string, object]>([
    ['claims sid, azp', { sid: undefined, azp: '' }],
    ['claims act.cnf', { act: { cnf: {} } }],
    ['not meant for this service', { azp: 'page', aud: 'account' }],
    ['a service account is not a person', { preferred_username: 'service-account-gateway' }],
    ['its client is neither ours nor in KEYCLOAK_ALLOWED_CLIENTS', { azp: 'page', aud: OURS }],
  ])('of a person: %s', (reason, claims) => {
    expect(readPerson(claims).error).toMatchObject({
      message: `token refused: ${reason}`,
      detail: 'Not authenticated',
    });
  });

  it.each<[string, object]>([
    ['claims typ, sid', { typ: 'ID', sid: 's' }],
    ['a person is not a service', { client_id: 'other' }],
  ])('of a service: %s', (reason, claims) => {
    expect(readService(claims).error).toMatchObject({ message: `token refused: ${reason}` });
  });

  it.each<[string, object]>([
    ['claims events', {}],
    ['names nobody', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
  ])('of the end of a session: %s', (reason, claims) => {
    expect(() => readLogoutClaims(claims)).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: `token refused: ${reason}` }),
    );
  });
});

describe('roles', () => {
  it.each([
    undefined,
    null,
    'x',
    {},
    { resource_access: 'x' },
    { resource_access: { [OURS]: { roles: 'byok-admin' } } },
  ])('are none where the claims say nothing of them: %j', (payload) => {
    expect(clientRoles(payload, OURS)).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('are none at a client called %s', (client) => {
    expect(clientRoles({ resource_access: {} }, client)).toEqual([]);
  });
});
