import { describe, expect, it } from 'vitest';
import { findDamagedUsers, type UserFinding } from '../../../src/cli/doctor/user-health.ts';
import type { DirectoryUser } from '../../../src/users/user-directory.ts';

const user = (id: string, changes: Partial<DirectoryUser> = {}): DirectoryUser => ({
  id,
  username: id,
  email: `${id}@example.com`,
  firstName: undefined,
  lastName: undefined,
  enabled: true,
  emailVerified: true,
  attributes: {},
  ...changes,
});

async function examine(
  users: DirectoryUser[],
  unbound: string[] = [],
  unreadable: string[] = [],
): Promise<UserFinding[]> {
  async function* listUsers(): AsyncGenerator<DirectoryUser> {
    yield* users;
  }
  const stateOf = (owner: DirectoryUser, { id }: { id: string }) => {
    const place = `${owner.id}:${id}`;
    if (unbound.includes(place)) return 'unbound' as const;
    return unreadable.includes(place) ? ('undecryptable' as const) : undefined;
  };
  const findings: UserFinding[] = [];
  for await (const finding of findDamagedUsers({ listUsers }, { stateOf })) findings.push(finding);
  return findings;
}

describe('the health of users', () => {
  it('finds nothing on a sound account', async () => {
    const attributes = { byok_groq_key: ['token'], subscription_tier: ['starter'], department: ['a', 'b'] };
    expect(await examine([user('ada', { attributes })])).toEqual([]);
  });

  it('finds an account without email', async () => {
    expect(await examine([user('ada'), user('grace', { email: undefined })])).toEqual([
      {
        userId: 'grace',
        kind: 'no_email',
        message: expect.stringMatching(/^grace \(grace\): has no email.*Set email/),
      },
    ]);
  });

  it('finds several values in attributes of keys and tiers, and says what each means without showing them', async () => {
    const attributes = {
      byok_openai_key: ['secret-one', 'secret-two'],
      subscription_tier: ['enterprise', 'free'],
      api_calls_used: ['1', '2', '3'],
    };
    const findings = await examine([user('ada', { attributes })]);
    expect(findings.map(({ kind, message }) => [kind, message])).toEqual([
      ['several_values', expect.stringMatching(/byok_openai_key has 2 values.*adds the key again/)],
      ['several_values', expect.stringMatching(/subscription_tier has 2 values.*lowest tier/)],
      ['several_values', expect.stringMatching(/api_calls_used has 3 values/)],
    ]);
    expect(JSON.stringify(findings)).not.toMatch(/secret-|"enterprise/);
  });

  it('finds keys that are not bound to their owner', async () => {
    expect(await examine([user('ada'), user('grace')], ['grace:groq', 'grace:custom'])).toEqual([
      { userId: 'grace', kind: 'unbound_key', message: expect.stringMatching(/the Groq key is not bound.*byok adopt/) },
      { userId: 'grace', kind: 'unbound_key', message: expect.stringContaining('the Custom Endpoint key') },
    ]);
  });

  it('finds a key that no encryption key decrypts, once', async () => {
    const twice = user('grace', { attributes: { byok_groq_key: ['one', 'two'] } });
    const findings = await examine([user('ada'), twice], [], ['ada:openai', 'grace:groq']);
    expect(findings.map(({ userId, kind }) => [userId, kind])).toEqual([
      ['ada', 'unreadable_key'],
      ['grace', 'several_values'],
    ]);
  });
});
