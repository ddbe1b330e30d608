// A key in a field that is shown as it is: refused by the field's name, and nothing is stored.
import { describe, expect, it } from 'vitest';
import { createKeyWorld } from '../support/memory/key-world.ts';

const KEY = 'sk-1234567890abcdef5678';
const UNMARKED = 'aBcDeFgHiJkLmNoPqRsTuVwX';
const refusal = (path: string) => ({
  code: 'validation_failed',
  detail: expect.stringContaining(`There is a key in the ${path},`),
  extras: { errors: [expect.objectContaining({ path })] },
});

describe('a key in another field', () => {
  it.each([
    ['label', { label: `Mine: ${UNMARKED}` }],
    ['endpoint', { endpoint: `https://llm.example.com/${UNMARKED}` }],
  ])('is refused in the %s of a new key', async (path, more) => {
    const { add, directory } = createKeyWorld();
    await expect(add('openai', UNMARKED, more)).rejects.toMatchObject(refusal(path));
    expect(directory.steps).not.toContain('write');
  });

  it('is refused in a new label, whether it is the stored key or the one that comes with it', async () => {
    const { add, change, fields } = createKeyWorld();
    await add('openai', UNMARKED);
    const before = fields('openai');
    await expect(change('openai', { label: UNMARKED })).rejects.toMatchObject(refusal('label'));
    const other = 'ZyXwVuTsRqPoNmLkJiHgFe';
    await expect(change('openai', { label: other, key: other })).rejects.toMatchObject(refusal('label'));
    expect(fields('openai')).toEqual(before);
    expect(await change('openai', { label: UNMARKED.slice(0, 6), key: KEY })).toMatchObject({ state: 'usable' });
  });

  it('cannot be looked for where the stored key cannot be read: the label may be changed', async () => {
    const { add, change, tamper } = createKeyWorld();
    await add('openai', UNMARKED);
    tamper({ byok_openai_key: ['gAAAAABdamaged'] });
    expect(await change('openai', { label: 'Mine' })).toMatchObject({ label: 'Mine', state: 'undecryptable' });
  });
});
