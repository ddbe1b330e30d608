import { describe, expect, it } from 'vitest';
import { auditFields, WITHHELD } from '../../src/audit/audit-fields.ts';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { ERRORS } from '../../src/shared/errors.ts';
import { anEvent } from '../support/memory/audit-rows.ts';

describe('the fields of an audit row', () => {
  it('are those of the event', () => {
    expect(auditFields(anEvent())).toEqual({
      action: 'key.add',
      outcome: 'ok',
      reason: null,
      provider: 'openai',
      requestId: 'r-1',
      details: { version: 2, tier: 'starter' },
      actorKind: 'user',
      service: null,
      actorUser: 'ada',
      subject: 'ada',
      address: '192.0.2.1',
    });
    const service = auditFields(anEvent({ actor: { kind: 'service', id: 'Open WebUI' } }));
    expect(service).toMatchObject({ actorKind: 'service', service: 'Open WebUI', actorUser: null });
  });

  it('have every reason and provider that there is', () => {
    for (const reason of Object.keys(ERRORS)) expect(auditFields(anEvent({ reason })).reason).toBe(reason);
    for (const provider of PROVIDERS.keys()) expect(auditFields(anEvent({ provider })).provider).toBe(provider);
    for (const tier of ['vip_founder', 'founder_friend', 'trial'])
      expect(auditFields(anEvent({ details: { tier } })).details).toEqual({ tier });
  });

  it.each([
    'sk-0123456789abcdef',
    'sk-ant-abcdefghijklm',
    'gsk_abcdefghijklm',
    'hf_abcdefghijklmnop',
    'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.x',
    'gAAAAABabcdefghijklmnopqrstuvwxyz',
    '0123456789abcdef0123456789abcdef',
    'AbCdEfGhIjKlMnOpQrStUvWx',
    'https://llm.example.com/v1',
    'a label of somebody’s',
    'a@example.com',
  ])('withhold what may be a secret or free text: %s', (text) => {
    const fields = auditFields(anEvent({ reason: text, provider: text, details: { tier: text }, address: text }));
    expect(fields).toMatchObject({
      reason: WITHHELD,
      provider: WITHHELD,
      details: { tier: WITHHELD },
      address: WITHHELD,
    });
  });

  it('withhold keys and tokens as ids too, and what no database takes', () => {
    for (const id of ['sk-0123456789abcdef', 'eyJhbGciOiJub25lIn0.e.x', 'a\0b', 'x'.repeat(256), '', '\ud800']) {
      const { service } = auditFields(anEvent({ actor: { kind: 'service', id } }));
      const { subject, actorUser, requestId } = auditFields(
        anEvent({ actor: { kind: 'user', id }, subject: id, requestId: id }),
      );
      expect([service, subject, actorUser, requestId]).toEqual([WITHHELD, WITHHELD, WITHHELD, WITHHELD]);
    }
  });

  it('have words of a few letters and short numbers, and nothing longer or looser', () => {
    const words = ['v2', 'vip_founder', '2026-11', 'a1234', '1234', 'a.b-c_d.e-f', 'sk-1', 'twentylettersinaword'];
    expect(words.map((reason) => auditFields(anEvent({ reason })).reason)).toEqual(words);
    const others = ['a12345', '12345', 'a.b.c.d.e.f.g', 'x..y', '-a', 'a-', 'a!', '!', 'twentyonelettersinword', 'A'];
    for (const other of others) expect(auditFields(anEvent({ reason: other })).reason, other).toBe(WITHHELD);
    for (const other of ['a.!!!!', 'b.!', '!!.a', 'ab!!'])
      expect(auditFields(anEvent({ reason: other })).reason).toBe(WITHHELD);
  });

  it('have ids of 255 characters, and names that begin as a key does and are shorter than one', () => {
    for (const subject of ['x'.repeat(255), 'sk-345678', 'gAAAA'])
      expect(auditFields(anEvent({ subject })).subject).toBe(subject);
    for (const subject of ['sk-3456789', 'gAAAA56789'])
      expect(auditFields(anEvent({ subject })).subject).toBe(WITHHELD);
  });

  it('say withheld in the one word that readers know', () => {
    expect(WITHHELD).toBe('withheld');
    expect(auditFields(anEvent({ details: { yes: true, no: false, n: 0, text: 'ok' } })).details).toEqual({
      yes: true,
      no: false,
      n: 0,
      text: 'ok',
    });
  });

  it('leave out details without a proper name, and withhold those of a wrong type', () => {
    const details = {
      'sk-0123456789abcdef': 1,
      __proto__: 2,
      Key: 3,
      deep: { key: 'sk-0123456789' },
      none: Number.NaN,
    };
    const fields = auditFields(anEvent({ details: details as never }));
    expect(fields.details).toEqual({ deep: WITHHELD, none: WITHHELD });
    expect(auditFields(anEvent({ details: {} })).details).toBeNull();
  });
});
