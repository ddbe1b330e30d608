import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFernet } from '../../src/crypto/fernet.ts';
import { keyPlace } from '../../src/crypto/key-place.ts';
import { createKeyVault } from '../../src/crypto/key-vault.ts';
import { createTiers } from '../../src/users/tiers.ts';
import type { DirectoryUser } from '../../src/users/user-directory.ts';
import { createViewUser } from '../../src/users/user-view.ts';

const KEY = 'sk-1234567890abcdefghijkl5678';
const masterKey = randomBytes(32);
const vault = createKeyVault([masterKey], { requireBinding: true });
const viewUser = createViewUser({ vault, tiers: createTiers() });

function user(attributes: DirectoryUser['attributes'], more: Partial<DirectoryUser> = {}): DirectoryUser {
  const names = { email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' };
  return { id: 'ada', username: 'ada', enabled: true, emailVerified: true, ...names, attributes, ...more };
}
const sealed = (provider: string, endpoint?: string) =>
  vault.seal(keyPlace({ kind: 'user', id: 'ada' }, { provider, endpoint }), KEY);

describe('the view of a user', () => {
  it.each([
    [['7'], ['10000'], ['2026-11-22'], { used: 7, limit: 10_000, day: '2026-11-22' }],
    [['7'], ['unlimited'], ['2026-11-22T00:00:00'], { used: 7, limit: undefined, day: '2026-11-22' }],
    [['7', '8'], ['-1'], ['tomorrow'], { used: 0, limit: undefined, day: undefined }],
    [[''], ['1', '2'], [], { used: 0, limit: undefined, day: undefined }],
  ])('reads the counts that others have left: used %o, limit %o, day %o', (used, limit, day, apiCalls) => {
    const attributes = { api_calls_used: used, api_calls_limit: limit, api_calls_reset_date: day };
    expect(viewUser(user(attributes)).apiCalls).toEqual(apiCalls);
  });

  it('shows who it is, and the tier that counts', () => {
    expect(viewUser(user({ subscription_tier: ['professional'] }))).toEqual({
      id: 'ada',
      email: 'ada@example.com',
      emailVerified: true,
      name: 'Ada Lovelace',
      tier: 'professional',
      enabled: true,
      apiCalls: { used: 0, limit: undefined, day: undefined },
      keys: [],
    });
    expect(viewUser(user({}, { enabled: false }))).toMatchObject({ enabled: false, tier: 'trial' });
  });

  it.each([
    ['Ada', undefined, 'Ada'],
    [undefined, 'Lovelace', 'Lovelace'],
    ['', 'Lovelace', 'Lovelace'],
    [undefined, undefined, undefined],
    ['', '', undefined],
  ])('makes one name of %j and %j', (firstName, lastName, name) => {
    expect(viewUser(user({}, { firstName, lastName })).name).toBe(name);
  });

  it('lists keys in the order of the provider table, masked, and holds no plain key', () => {
    const [groq, openai] = [sealed('groq'), sealed('openai', 'https://llm.example.com/v1')];
    const view = viewUser(
      user({
        byok_groq_key: [groq.token],
        byok_groq_binding: [groq.binding],
        byok_openai_key: [openai.token],
        byok_openai_binding: [openai.binding],
        byok_openai_endpoint: ['https://llm.example.com/v1'],
      }),
    );
    expect(view.keys.map(({ provider, state, preview }) => [provider, state, preview])).toEqual([
      ['openai', 'usable', 'sk-1234...5678'],
      ['groq', 'usable', 'sk-1...5678'],
    ]);
    expect(JSON.stringify(view)).not.toContain(KEY.slice(8, 20));
  });

  it('keeps a key that cannot be decrypted in the list, without a character of it', () => {
    const foreign = createFernet([randomBytes(32)]).encrypt(KEY);
    const [key] = viewUser(user({ byok_openai_key: [foreign], byok_openai_label: ['Mine'] })).keys;
    expect(key).toMatchObject({ state: 'undecryptable', preview: '***error***', label: 'Mine' });
  });

  it('reads several values of a key as undecryptable, also when each of them would decrypt', () => {
    const [one, two] = [sealed('openai'), sealed('openai')];
    const attributes = { byok_openai_key: [one.token, two.token], byok_openai_binding: [one.binding] };
    expect(viewUser(user(attributes)).keys[0]).toMatchObject({ state: 'undecryptable', preview: '***error***' });
  });

  it.each([
    ['no binding', { byok_openai_binding: [] }],
    ['a binding that is empty', { byok_openai_binding: [''] }],
    ['the binding of another key', { byok_openai_binding: [sealed('openai').binding] }],
    ['another endpoint', { byok_openai_endpoint: ['https://evil.example.com'] }],
  ])('shows nothing of a key with %s', (_, attributes: DirectoryUser['attributes']) => {
    const { token, binding } = sealed('openai');
    const view = viewUser(
      user({
        byok_openai_key: [token],
        byok_openai_binding: [binding],
        ...attributes,
      }),
    );
    expect(view.keys[0]).toMatchObject({ state: 'unbound', preview: '***unbound***' });
  });

  it('shows nothing of a key that lies with another user', () => {
    const { token, binding } = sealed('openai');
    const stolen = user({ byok_openai_key: [token], byok_openai_binding: [binding] }, { id: 'eve' });
    expect(viewUser(stolen).keys[0]).toMatchObject({ state: 'unbound', preview: '***unbound***' });
  });
});
