// The early look at the tier: from memory, anew before a refusal, and holding nothing.
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { createTierGuard } from '../../src/keys/tier-guard.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createKeyWorld } from '../support/memory/key-world.ts';

const FREE = { attributes: { subscription_tier: ['free'] } };
const STARTER = { attributes: { subscription_tier: ['starter'] } };

function createGuardWorld() {
  const world = createKeyWorld();
  const hook = createTierGuard(world.keys);
  const principal = { userId: world.userId, email: undefined, roles: [], via: 'session', sessionId: 's' };
  const ask = (method = 'POST', body: object = {}) => hook({ method, body, principal } as unknown as FastifyRequest);
  return { ...world, ask };
}

describe('the tier guard', () => {
  it('passes without asking anybody where memory knows nothing: the section decides', async () => {
    const { ask, add, directory, userId } = createGuardWorld();
    directory.change(userId, FREE);
    await ask();
    expect(directory.steps).toEqual([]);
    await expect(add('openai', 'sk-1234567890')).rejects.toMatchObject({ code: 'tier_required' });
  });

  it('passes from memory where the tier was enough, so that an add reads once', async () => {
    const { ask, keys, add, directory, userId } = createGuardWorld();
    await keys.user(userId);
    directory.steps.length = 0;
    await ask();
    await add('openai', 'sk-1234567890');
    expect(directory.steps).toEqual(['openSection', 'write', 'written']);
  });

  it('reads anew before it refuses', async () => {
    const { ask, keys, directory, userId } = createGuardWorld();
    directory.change(userId, FREE);
    await keys.user(userId);
    directory.steps.length = 0;
    await expect(ask()).rejects.toMatchObject({
      code: 'tier_required',
      detail: 'Storing API keys needs the starter tier or above; yours is free.',
      extras: { required_tier: 'starter', current_tier: 'free' },
    });
    expect(directory.steps).toEqual(['findById']);
    directory.change(userId, STARTER);
    await ask();
  });

  it('refuses nobody whom the section has something else to tell', async () => {
    const { ask, keys, add, directory, userId } = createGuardWorld();
    directory.change(userId, FREE);
    await keys.user(userId);
    directory.change(userId, { enabled: false });
    await ask();
    await expect(add('openai', 'sk-1234567890')).rejects.toMatchObject({ code: 'account_disabled' });
    directory.remove(userId);
    await ask();
    await expect(add('openai', 'sk-1234567890')).rejects.toMatchObject({ code: 'not_authenticated' });
  });

  it('passes nobody before the service may write', async () => {
    const { ask, gate } = createGuardWorld();
    gate.assertWritable = () => {
      throw new ByokError('not_ready');
    };
    await expect(ask()).rejects.toMatchObject({ code: 'not_ready' });
  });

  it('says that the directory is away rather than refuse on what may be out of date', async () => {
    const { ask, keys, directory, userId } = createGuardWorld();
    directory.change(userId, FREE);
    await keys.user(userId);
    directory.onStep = () => {
      throw new ByokError('directory_unavailable');
    };
    await expect(ask()).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it('holds nothing: no section is open after it', async () => {
    const { ask, directory } = createGuardWorld();
    await ask();
    expect(directory.openSections()).toBe(0);
  });

  it.each([
    ['turning a key off alone passes', 'PATCH', { enabled: false }, true],
    ['turning it on does not', 'PATCH', { enabled: true }, false],
    ['turning it off with a new key does not', 'PATCH', { enabled: false, key: 'sk-1234567890' }, false],
    ['turning it off with a label does not', 'PATCH', { enabled: false, label: 'x' }, false],
    ['turning it off with an endpoint taken away does not', 'PATCH', { enabled: false, endpoint: null }, false],
    [
      'turning it off with an endpoint does not',
      'PATCH',
      { enabled: false, endpoint: 'https://llm.example.com' },
      false,
    ],
    ['an add that says so does not', 'POST', { enabled: false }, false],
  ])('%s', async (_, method, body, passes) => {
    const { ask, keys, directory, userId } = createGuardWorld();
    directory.change(userId, FREE);
    await keys.user(userId);
    if (passes) await ask(method, body);
    else await expect(ask(method, body)).rejects.toMatchObject({ code: 'tier_required' });
  });
});

describe('a change on a tier that does not include keys', () => {
  it.each([
    ['turning it off with a new key', { enabled: false, key: 'sk-abcdefghijkl' }],
    ['turning it off with a label', { enabled: false, label: 'x' }],
    ['turning it off with an endpoint taken away', { enabled: false, endpoint: null }],
    ['turning it off with an endpoint', { enabled: false, endpoint: 'https://llm.example.com/v1' }],
    ['turning it off with a new key and endpoint', { enabled: false, key: 'sk-abcdefghijkl', endpoint: null }],
    ['turning it on', { enabled: true }],
  ])('is refused by the section itself: %s', async (_, changes) => {
    const { add, change, directory, userId } = createKeyWorld();
    await add('openai', 'sk-1234567890');
    directory.change(userId, { attributes: { ...directory.attributes(userId), subscription_tier: ['free'] } });
    await expect(change('openai', changes)).rejects.toMatchObject({ code: 'tier_required' });
    expect(await change('openai', { enabled: false })).toMatchObject({ enabled: false });
  });
});
