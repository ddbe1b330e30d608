// Who may change anything, and what a failure leaves behind: no section held, nothing untrue remembered.
import { describe, expect, it } from 'vitest';
import { ByokError } from '../../src/shared/errors.ts';
import { createKeyWorld, providerRow } from '../support/memory/key-world.ts';

const KEY = 'sk-1234567890abcdef5678';
const openai = providerRow('openai');
type World = ReturnType<typeof createKeyWorld>;

/** Everything that writes. */
const WRITES: readonly (readonly [string, (world: World) => Promise<unknown>])[] = [
  ['adding', ({ add }) => add('openai', KEY)],
  ['changing', ({ change }) => change('openai', { label: 'Renamed' })],
  ['removing', ({ keys, by, userId }) => keys.remove(by, userId, openai)],
  ['testing', ({ keys, by, userId }) => keys.testStored(by, userId, openai)],
];

/** And what an administrator writes, who may also of somebody who is disabled. */
const ALL_WRITES: typeof WRITES = [...WRITES, ['revoking', ({ keys, by, userId }) => keys.revoke(by, userId, openai)]];

describe('before the service may write', () => {
  it.each(ALL_WRITES)('%s is not ready, and nothing is read or asked', async (_, attempt) => {
    const world = createKeyWorld();
    world.gate.assertWritable = () => {
      throw new ByokError('not_ready');
    };
    await expect(attempt(world)).rejects.toMatchObject({ code: 'not_ready', status: 503 });
    expect(world.directory.steps).toEqual([]);
    expect(world.probe.requests).toEqual([]);
  });

  it('reading works', async () => {
    const { keys, gate, userId } = createKeyWorld();
    gate.assertWritable = () => {
      throw new ByokError('not_ready');
    };
    expect((await keys.user(userId)).email).toBe('ada@example.com');
  });
});

describe('a user who is disabled or deleted', () => {
  const gone: readonly (readonly [string, string, (world: World) => void])[] = [
    ['disabled', 'account_disabled', ({ directory, userId }) => directory.change(userId, { enabled: false })],
    ['deleted', 'not_authenticated', ({ directory, userId }) => directory.remove(userId)],
  ];

  describe.each(gone)('%s', (_, code, end) => {
    it.each(WRITES)(`is refused when %s, with ${code}, and nothing is written`, async (_name, attempt) => {
      const world = createKeyWorld();
      await world.add('openai', KEY);
      end(world);
      world.directory.steps.length = 0;
      await expect(attempt(world)).rejects.toMatchObject({ code });
      expect(world.directory.steps).not.toContain('write');
      expect(world.directory.openSections()).toBe(0);
    });

    it('is refused when reading, as soon as nothing is remembered', async () => {
      const world = createKeyWorld();
      end(world);
      await expect(world.keys.user(world.userId)).rejects.toMatchObject({ code });
      await expect(world.keys.find(world.userId)).rejects.toMatchObject({ code });
    });

    it('is no longer remembered once a section has shown it', async () => {
      const world = createKeyWorld();
      await world.add('openai', KEY);
      end(world);
      expect((await world.keys.user(world.userId)).enabled, 'still remembered').toBe(true);
      await expect(world.add('openai', KEY)).rejects.toMatchObject({ code });
      await expect(world.keys.user(world.userId)).rejects.toMatchObject({ code });
    });

    it('asks no provider when nothing is remembered', async () => {
      const world = createKeyWorld();
      await world.add('openai', KEY);
      end(world);
      world.cache.invalidate(world.userId);
      await expect(world.keys.testStored(world.by, world.userId, openai)).rejects.toMatchObject({ code });
      expect(world.probe.requests).toEqual([]);
    });
  });
});

describe('a directory that fails', () => {
  const FAILURES = ['directory_unavailable', 'write_conflict', 'directory_misconfigured'] as const;

  it.each(FAILURES)('while the section is opened: %s reaches the caller, and nothing is held', async (code) => {
    const world = createKeyWorld();
    await world.add('openai', KEY);
    world.directory.onStep = (step) => {
      if (step === 'openSection') throw new ByokError(code);
    };
    for (const [name, attempt] of WRITES) await expect(attempt(world), name).rejects.toMatchObject({ code });
    expect(world.directory.openSections()).toBe(0);
  });

  it.each(WRITES)(
    'before the write took effect: %s fails, holds nothing, and memory is read anew',
    async (_, attempt) => {
      const world = createKeyWorld();
      await world.add('openai', KEY, { label: 'Before' });
      world.directory.onStep = (step) => {
        if (step === 'write') throw new ByokError('directory_unavailable');
      };
      await expect(attempt(world)).rejects.toMatchObject({ code: 'directory_unavailable' });
      expect(world.directory.openSections()).toBe(0);
      world.directory.steps.length = 0;
      expect((await world.keys.user(world.userId)).keys).toMatchObject([{ label: 'Before' }]);
      expect(world.directory.steps).toEqual(['findById']);
    },
  );

  it('after the write took effect: what was written is what is read next', async () => {
    const { add, keys, userId, directory, by } = createKeyWorld();
    await add('openai', KEY);
    expect((await keys.user(userId)).keys).toHaveLength(1);
    directory.onStep = (step) => {
      if (step === 'written') throw new ByokError('directory_unavailable');
    };
    await expect(keys.remove(by, userId, openai)).rejects.toMatchObject({ code: 'directory_unavailable' });
    expect((await keys.user(userId)).keys).toEqual([]);
    expect(directory.openSections()).toBe(0);
  });

  it('while a user is read: not “no such user”, and the next one asks again', async () => {
    const { keys, userId, directory } = createKeyWorld();
    directory.onStep = () => {
      throw new ByokError('directory_unavailable');
    };
    await expect(keys.user(userId)).rejects.toMatchObject({ code: 'directory_unavailable' });
    directory.onStep = () => undefined;
    expect((await keys.user(userId)).id).toBe(userId);
  });
});

describe('ten writers at once', () => {
  it('lose nothing, and memory agrees with the directory', async () => {
    const { add, keys, userId, directory, cache } = createKeyWorld();
    const ids = ['openai', 'anthropic', 'huggingface', 'cohere', 'together', 'perplexity', 'groq'];
    await Promise.all([...ids, 'openai', 'groq', 'cohere'].map((id, index) => add(id, `${KEY}-${index}`)));
    const remembered = await keys.user(userId);
    expect(remembered.keys.map(({ provider, state }) => [provider, state])).toEqual(ids.map((id) => [id, 'usable']));
    cache.invalidate(userId);
    expect(await keys.user(userId)).toEqual(remembered);
    expect(directory.openSections()).toBe(0);
  });
});
