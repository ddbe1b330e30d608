import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { keyPlace } from '../../src/crypto/key-place.ts';
import { createKeyVault } from '../../src/crypto/key-vault.ts';
import { changedUsers } from '../../wire/effects.ts';
import { openToken, sealToken } from '../../wire/secrets.ts';
import type { StoredUser } from '../../wire/store.ts';

const bytes = randomBytes(32);
const key = `${bytes.toString('base64url')}=`;
const vault = createKeyVault([bytes], { requireBinding: true });
const ENDPOINT = 'https://llm.example.com/v1';
const place = keyPlace({ kind: 'user', id: 'ada' }, { provider: 'openai', endpoint: ENDPOINT });
const sealed = vault.seal(place, 'sk-0123456789');

const userWith = (attributes: StoredUser['attributes']) =>
  new Map([['ada', { attributes, fields: { enabled: true } }]]);
const stored = {
  byok_openai_key: [sealed.token],
  byok_openai_binding: [sealed.binding ?? ''],
  byok_openai_endpoint: [ENDPOINT],
};

it('shows what is in a token that the service has written, and whether its binding holds', () => {
  expect(changedUsers(userWith({}), userWith(stored), key)).toEqual({
    ada: {
      byok_openai_key: ['<token of sk-0123456789>'],
      byok_openai_binding: ['<binding that holds>'],
      byok_openai_endpoint: [ENDPOINT],
    },
  });
});

it('shows a binding that does not hold as it is', () => {
  const moved = { ...stored, byok_openai_endpoint: ['https://elsewhere.example'] };
  expect(changedUsers(userWith({}), userWith(moved), key)).toMatchObject({
    ada: { byok_openai_binding: stored.byok_openai_binding },
  });
});

it('shows a key that was encrypted again, with a binding that holds no more', () => {
  const again = { ...stored, byok_openai_key: [vault.seal(place, 'sk-0123456789').token] };
  expect(changedUsers(userWith(stored), userWith(again), key)).toEqual({
    ada: { byok_openai_key: ['<token of sk-0123456789>'], byok_openai_binding: stored.byok_openai_binding },
  });
});

it('shows attributes that are gone, and what else of a user has changed', () => {
  expect(changedUsers(userWith({ tier: ['a'] }), userWith({}), key)).toEqual({ ada: { tier: null } });
  const disabled = new Map([['ada', { attributes: {}, fields: { enabled: false } }]]);
  expect(changedUsers(userWith({}), disabled, key)).toEqual({ ada: { 'user.enabled': false } });
});

it('seals tokens that the service can open', () => {
  expect(openToken(key, sealToken(key, 'sk-0123456789'))).toBe('sk-0123456789');
  expect(vault.open(place, { token: sealToken(key, 'sk-0123456789'), binding: undefined }).state).toBe('unbound');
  expect(openToken(`${Buffer.alloc(32, 1).toString('base64url')}=`, sealed.token)).toBeUndefined();
});
