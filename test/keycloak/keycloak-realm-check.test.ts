import { describe, expect, it } from 'vitest';
import type { Declaration, RealmProfile } from '../../src/keycloak/keycloak-profile.ts';
import { judgeProfile } from '../../src/keycloak/keycloak-realm-check.ts';
import { planProfile } from '../../src/keycloak/setup/keycloak-setup-profile.ts';

const BARE: RealmProfile = { attributes: [{ name: 'username' }], groups: [] };
const { profile: READY } = planProfile(BARE);

/** The profile that set-up makes, with some declarations changed. */
const changed = (changes: Record<string, Partial<Declaration>>, more: Partial<RealmProfile> = {}): RealmProfile => ({
  ...READY,
  ...more,
  attributes: READY.attributes?.map((declared) => ({ ...declared, ...changes[declared.name] })),
});
const judge = (profile: RealmProfile, allowSelfEdit = false): string[] =>
  judgeProfile(profile, { allowSelfEdit }).map(({ severity, message }) => `${severity}: ${message}`);

describe('the judgement of a user profile', () => {
  it('has nothing to say of what set-up makes, whatever the policy for other attributes', () => {
    expect(judge(READY)).toEqual([]);
    expect(judge({ ...READY, unmanagedAttributePolicy: 'ENABLED' })).toEqual([]);
  });

  it.each([undefined, 'DISABLED', 'ADMIN_VIEW'] as const)(
    'refuses to have attributes dropped (policy %s)',
    (policy) => {
      const profile = policy === undefined ? BARE : { ...BARE, unmanagedAttributePolicy: policy };
      expect(judge(profile)).toEqual([
        'refuse: The user profile does not declare byok_openai_key, byok_openai_label, byok_openai_added_date and 85 more, so Keycloak would drop what is stored there without a word. Run `byok keycloak setup`.',
      ]);
    },
  );

  it('notices a single attribute that is missing, as after a new provider', () => {
    const attributes = READY.attributes?.filter(({ name }) => name !== 'byok_groq_binding');
    expect(judge({ ...READY, attributes })).toEqual([
      expect.stringMatching(/^refuse: The user profile does not declare byok_groq_binding, so/),
    ]);
  });

  it('refuses to let people edit attributes, declared or not, unless that is allowed by name', () => {
    const open = { permissions: { view: ['admin', 'user'], edit: ['admin', 'user'] } };
    const undeclared: RealmProfile = { ...BARE, unmanagedAttributePolicy: 'ENABLED' };
    const declared = changed({ subscription_tier: open, byok_groq_key: open });
    expect(judge(undeclared)).toEqual([expect.stringMatching(/^refuse: People can edit .*raise their own tier/)]);
    expect(judge(declared)).toEqual([
      expect.stringMatching(/^refuse: The user profile lets people edit byok_groq_key, subscription_tier /),
    ]);
    expect(judge(undeclared, true)).toEqual([
      expect.stringMatching(/^warn: People can edit/),
      expect.stringMatching(/^warn: .*2048 characters/),
    ]);
    expect(judge(declared, true)).toEqual([expect.stringMatching(/^warn: /)]);
  });

  it('refuses attributes that administrators cannot edit', () => {
    const closed = { permissions: { view: ['admin'], edit: [] } };
    expect(judge(changed({ byok_groq_key: closed, subscription_tier: closed }))).toEqual([
      expect.stringMatching(/^refuse: The user profile lets no administrator edit byok_groq_key, subscription_tier/),
    ]);
  });

  it('warns of the limit that ADMIN_EDIT has', () => {
    expect(judge({ ...BARE, unmanagedAttributePolicy: 'ADMIN_EDIT' })).toEqual([
      expect.stringMatching(/^warn: .*beyond 2048 characters are refused/),
    ]);
  });

  it('warns of what people can see, of short limits and of single values', () => {
    const seen = { permissions: { view: ['admin', 'user'], edit: ['admin'] } };
    const findings = judge(
      changed({
        byok_groq_key: { ...seen, validations: {}, multivalued: false },
        byok_groq_label: { validations: { length: { max: '100' } } },
        subscription_tier: seen,
      }),
    );
    expect(findings).toEqual([
      expect.stringMatching(/^warn: The user profile lets people see byok_groq_key, which need not leave/),
      expect.stringMatching(/^warn: The user profile lets people see subscription_tier\. Nothing breaks/),
      expect.stringMatching(/^warn: The user profile allows shorter values of byok_groq_key, byok_groq_label than/),
      expect.stringMatching(/^warn: The user profile declares byok_groq_key as single-valued/),
    ]);
  });

  it('has nothing left to say after set-up has mended a profile', () => {
    const open = { permissions: { view: ['admin', 'user'], edit: ['admin', 'user'] } };
    const broken = changed({
      byok_groq_key: { ...open, validations: {}, multivalued: false },
      byok_groq_label: { permissions: {} },
      subscription_tier: { permissions: { view: ['admin'], edit: ['user'] } },
    });
    expect(judge(planProfile(broken).profile)).toEqual([]);
    expect(planProfile(planProfile(broken).profile).lines).toEqual([]);
  });
});
