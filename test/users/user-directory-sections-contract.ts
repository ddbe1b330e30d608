// What a UserDirectory must do in sections, where users are changed: part of `user-directory-contract.ts`.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { ada, type DirectoryUnderTest, mustFind, mustOpen, present, writeTo } from './directory-under-test.ts';

export function itChangesUsersInSections(underTest: () => DirectoryUnderTest): void {
  it('hands a section the user as it is, and write returns what is stored', async () => {
    const id = await underTest().seed(ada());
    const section = await mustOpen(underTest().directory, id);
    expect(section.user).toEqual(await mustFind(underTest().directory, id));
    const stored = await section.write(new Map([['byok_groq_label', 'Groq key']]));
    section.close();
    expect(stored.attributes.byok_groq_label).toEqual(['Groq key']);
    expect(stored).toEqual(await mustFind(underTest().directory, id));
  });

  it('keeps everything that a write does not name', async () => {
    const seeded = ada();
    const id = await underTest().seed({ ...seeded, enabled: false });
    await writeTo(underTest().directory, id, { byok_groq_key: 'one', byok_groq_label: 'Groq key' });
    await writeTo(underTest().directory, id, { byok_groq_key: 'two' });
    expect(await mustFind(underTest().directory, id)).toEqual({
      ...seeded,
      id,
      enabled: false,
      emailVerified: true,
      attributes: { ...seeded.attributes, byok_groq_key: ['two'], byok_groq_label: ['Groq key'] },
    });
  });

  it('keeps a user without email and names writable', async () => {
    const id = await underTest().seed({ username: `bare-${randomUUID()}` });
    await writeTo(underTest().directory, id, { byok_groq_key: 'one' });
    expect((await mustFind(underTest().directory, id)).attributes).toEqual({ byok_groq_key: ['one'] });
  });

  it('removes an attribute that is set to null, even one that was not there', async () => {
    const id = await underTest().seed(ada());
    await writeTo(underTest().directory, id, { byok_groq_key: 'one', byok_groq_label: 'Groq key' });
    const stored = await writeTo(underTest().directory, id, { byok_groq_key: null, byok_groq_endpoint: null });
    expect(Object.keys(stored.attributes).sort()).toEqual(['byok_groq_label', 'department', 'subscription_tier']);
    expect(await mustFind(underTest().directory, id)).toEqual(stored);
  });

  it('replaces several values by exactly one', async () => {
    const id = await underTest().seed({ ...ada(), attributes: { byok_groq_key: ['one', 'two', 'three'] } });
    expect((await writeTo(underTest().directory, id, { byok_groq_key: 'four' })).attributes.byok_groq_key).toEqual([
      'four',
    ]);
  });

  it('keeps the longest key and characters beyond ASCII', async () => {
    const id = await underTest().seed(ada());
    const changes = { byok_groq_key: 'k'.repeat(8192), byok_groq_label: 'Schlüssel 🔑 für 日本' };
    const { attributes } = await writeTo(underTest().directory, id, changes);
    expect(attributes.byok_groq_key).toEqual([changes.byok_groq_key]);
    expect(attributes.byok_groq_label).toEqual([changes.byok_groq_label]);
  });

  it('lets a section write more than once', async () => {
    const id = await underTest().seed(ada());
    const section = await mustOpen(underTest().directory, id);
    await section.write(new Map([['byok_groq_key', 'one']]));
    await section.write(new Map([['byok_groq_label', 'Groq key']]));
    section.close();
    const { attributes } = await mustFind(underTest().directory, id);
    expect([attributes.byok_groq_key, attributes.byok_groq_label]).toEqual([['one'], ['Groq key']]);
  });

  it('refuses a write after the section was closed, and closing twice is the same as once', async () => {
    const id = await underTest().seed(ada());
    const first = await mustOpen(underTest().directory, id);
    first.close();
    first.close();
    await expect(first.write(new Map([['byok_groq_key', 'late']]))).rejects.toThrow();
    const second = await mustOpen(underTest().directory, id);
    // A second close of the first section must not end the second one's right.
    first.close();
    const third = underTest().directory.openSection(id);
    await second.write(new Map([['byok_groq_key', 'one']]));
    second.close();
    const section = present(await third);
    expect(section.user.attributes.byok_groq_key).toEqual(['one']);
    section.close();
  });

  it('gives the right back when a write fails', async () => {
    const id = await underTest().seed(ada());
    const section = await mustOpen(underTest().directory, id);
    await underTest().remove(id);
    await expect(section.write(new Map([['byok_groq_key', 'one']]))).rejects.toMatchObject({ name: 'ByokError' });
    section.close();
    expect(await underTest().directory.openSection(id)).toBeUndefined();
  });

  it('loses nothing when ten writers change one user at once', async () => {
    const seeded = ada();
    const id = await underTest().seed(seeded);
    const providers = ['openai', 'anthropic', 'huggingface', 'cohere', 'together', 'perplexity', 'groq', 'custom'];
    const names = [...providers.map((p) => `byok_${p}_key`), 'byok_openai_label', 'byok_groq_label'];
    await Promise.all(
      names.map((attribute) => writeTo(underTest().directory, id, { [attribute]: `value of ${attribute}` })),
    );
    expect(await mustFind(underTest().directory, id)).toEqual({
      ...seeded,
      id,
      enabled: true,
      emailVerified: true,
      attributes: { ...seeded.attributes, ...Object.fromEntries(names.map((name) => [name, [`value of ${name}`]])) },
    });
  });

  it('lets one user be changed while another is held', async () => {
    const held = await mustOpen(underTest().directory, await underTest().seed(ada()));
    const other = await underTest().seed(ada());
    await writeTo(underTest().directory, other, { byok_groq_key: 'one' });
    held.close();
    expect((await mustFind(underTest().directory, other)).attributes.byok_groq_key).toEqual(['one']);
  });
}
