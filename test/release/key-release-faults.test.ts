// Releasing a key from memory, without an audit log, and while the directory is out of reach.
import { beforeEach, describe, expect, it } from 'vitest';
import { ByokError } from '../../src/shared/errors.ts';
import { createReleaseWorld, KEYS, type ReleaseWorld, row, SYSTEM } from './release-world.ts';

describe('releasing a key', () => {
  let world: ReleaseWorld['world'];
  let audit: ReleaseWorld['audit'];
  let given: ReleaseWorld['given'];
  let release: ReleaseWorld['release'];
  let system: ReleaseWorld['system'];
  beforeEach(() => {
    ({ world, audit, given, release, system } = createReleaseWorld());
  });

  describe('tells how long the key may be kept', () => {
    beforeEach(() => world.add('openai', KEYS.openai));

    it.each([
      [0, 300],
      [1, 299],
      [299_000, 1],
      [299_500, 0],
      [400_000, 0],
    ])('a record of %i ms for %i s more', async (ageMs, seconds) => {
      given.age = { ageMs };
      await expect(release()).resolves.toMatchObject({ maxAgeSeconds: seconds, stale: false });
    });

    it('a stale record not at all, and says that it is one', async () => {
      given.age = { ageMs: 1000, stale: true };
      await expect(release()).resolves.toMatchObject({ maxAgeSeconds: 0, stale: true });
      expect(audit.events).toMatchObject([{ details: { stale: true } }]);
    });
  });

  describe('where the audit log cannot be written', () => {
    it.each([false, true])(
      'gives nothing (system keys accepted: %s), neither a key nor a reason',
      async (systemFallback) => {
        audit.broken = true;
        await expect(release({ systemFallback })).rejects.toMatchObject({ code: 'audit_unavailable', status: 503 });
        await world.add('openai', KEYS.openai);
        await expect(release({ systemFallback })).rejects.toMatchObject({ code: 'audit_unavailable' });
      },
    );
  });

  describe('while the directory is out of reach', () => {
    const out = () => {
      throw new ByokError('directory_unavailable', { reason: 'down' });
    };

    it('answers what it remembers', async () => {
      await world.add('openai', KEYS.openai);
      world.directory.onStep = out;
      await expect(release()).resolves.toMatchObject({ apiKey: KEYS.openai });
    });

    it('else gives a system key to those who accept one, for this call alone, and 503 to others', async () => {
      world.directory.onStep = out;
      await expect(release()).rejects.toMatchObject({ code: 'directory_unavailable', status: 503 });
      await expect(system()).resolves.toMatchObject({
        apiKey: SYSTEM.openai,
        reason: 'directory_unavailable',
        maxAgeSeconds: 0,
      });
      const subject = world.userId;
      expect(audit.events).toEqual([
        row({ outcome: 'failed', reason: 'directory_unavailable', subject }),
        row({ outcome: 'ok', reason: 'directory_unavailable', subject, details: { source: 'system', stale: false } }),
      ]);
      await expect(system({ wanted: { provider: 'groq' } })).rejects.toMatchObject({ code: 'directory_unavailable' });
    });

    it('records nobody where an address cannot be looked up', async () => {
      world.directory.onStep = out;
      await expect(system({ user: { email: 'ada@example.com' } })).resolves.toMatchObject({ apiKey: SYSTEM.openai });
      expect(audit.events).toEqual([expect.objectContaining({ reason: 'directory_unavailable', subject: undefined })]);
    });

    it('records whose key it was from memory', async () => {
      await world.add('openai', KEYS.openai);
      world.directory.onStep = out;
      given.age = { stale: true };
      await release();
      expect(audit.events).toEqual([
        row({ outcome: 'ok', subject: world.userId, details: { source: 'user', stale: true, version: 1 } }),
      ]);
    });

    it('records a failure of another kind too', async () => {
      world.directory.onStep = () => {
        throw new ByokError('directory_misconfigured');
      };
      await expect(system()).rejects.toMatchObject({ code: 'directory_misconfigured' });
      expect(audit.events).toEqual([row({ outcome: 'failed', reason: 'directory_misconfigured' })]);
    });
  });
});
