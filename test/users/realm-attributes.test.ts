import { describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { FIELDS } from '../../src/users/key-record.ts';
import { REALM_ATTRIBUTES } from '../../src/users/realm-attributes.ts';

describe('the attributes that a realm declares', () => {
  it('are every field of every provider, and those of the subscription', () => {
    const names = [...REALM_ATTRIBUTES.keys()];
    expect(names).toHaveLength(PROVIDERS.size * FIELDS.length + 8);
    expect(names).toEqual(
      expect.arrayContaining(['byok_openai_key', 'byok_custom_endpoint', 'byok_groq_binding', 'subscription_tier']),
    );
  });

  it('are long enough for what is stored in them', () => {
    // A Fernet token: version, time, IV, the padded key and the MAC, in base64.
    const longestToken = Math.ceil((1 + 8 + 16 + 4112 + 32) / 3) * 4;
    expect(REALM_ATTRIBUTES.get('byok_openai_key')?.maxLength).toBeGreaterThan(longestToken);
    expect(REALM_ATTRIBUTES.get('byok_openai_label')?.maxLength).toBeGreaterThanOrEqual('🔑'.repeat(100).length);
    expect(REALM_ATTRIBUTES.get('byok_custom_endpoint')?.maxLength).toBe(2048);
    expect(REALM_ATTRIBUTES.get('subscription_tier')).toMatchObject({ maxLength: 255, owner: 'subscription' });
  });
});
