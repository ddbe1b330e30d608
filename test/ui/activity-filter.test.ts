import { describe, expect, it } from 'vitest';
import { KINDS, queryOf, readFilter, writeFilter } from '../../ui/src/activity/activity-filter.ts';

const NONE = { kind: 'all', provider: '', from: '', to: '', cursor: '' };

describe('the filter of the activity', () => {
  it('is read from the address bar as it was written there', () => {
    for (const filter of [
      NONE,
      { kind: 'tests', provider: 'groq', from: '2026-11-01', to: '2026-11-22', cursor: '2f' },
    ])
      expect(readFilter(writeFilter(filter))).toEqual(filter);
    expect(writeFilter(NONE)).toBe('');
  });

  it.each(['?show=nonsense', '?provider=<script>', '?from=yesterday', '?from=2026-02-31', '?to=9999', '?cursor=../x'])(
    'ignores %s',
    (search) => {
      expect(readFilter(search)).toEqual(NONE);
    },
  );

  it('asks for whole days of the person, the last one included', () => {
    const query = queryOf({ ...NONE, from: '2026-10-25', to: '2026-10-25' });
    expect(query.from).toBe(new Date(2026, 9, 25).toISOString());
    // Also where a day has not 24 hours.
    expect(query.to).toBe(new Date(2026, 9, 26).toISOString());
  });

  it('asks for what each kind is about', () => {
    expect(queryOf(NONE)).toEqual({});
    expect(KINDS.map(({ id }) => queryOf({ ...NONE, kind: id, provider: 'groq' }))).toEqual([
      { provider: 'groq' },
      { provider: 'groq', action: ['key.release'] },
      {
        provider: 'groq',
        action: ['key.add', 'key.replace', 'key.change', 'key.delete', 'admin.revoke', 'tier.set'],
      },
      { provider: 'groq', action: ['key.test'] },
      { provider: 'groq', action: ['session.start', 'session.end'] },
      { provider: 'groq', outcome: 'refused' },
    ]);
  });
});
