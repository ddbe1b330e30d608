// The field of a key: takes off what was pasted around the key, and says what it did and what it sees. The key stays in the
// browser's field and nowhere else.
import { useRef, useState } from 'preact/hooks';
import { type KeyOwner, otherOwner } from '../../../src/keys/key-owner.ts';
import { listed, type PastedKey, readPastedKey } from '../../../src/keys/pasted-key.ts';
import type { ProviderInfo } from '../store.ts';

/** Shorter beginnings fit several providers. */
const ENOUGH = 8;

export interface SeenKey {
  /** What was taken off, as a sentence. */
  readonly done: string | undefined;
  /** Why this is no key. */
  readonly problem: string | undefined;
  /** What is unusual about it. */
  readonly hint: string | undefined;
  /** Whose key it looks like, where it is another provider's. */
  readonly owner: KeyOwner | undefined;
}

export interface PastedKeyField {
  readonly seen: SeenKey;
  readonly input: { readonly current: HTMLInputElement | null };
  onPaste(event: ClipboardEvent): void;
  onInput(event: Event): void;
  /** The field is left, or the form is sent. */
  onChange(): void;
  /** @returns the key as it may be sent, or undefined where there is something to say first. */
  settle(): { key: string; owner: KeyOwner | undefined } | undefined;
}

const NOTHING: SeenKey = { done: undefined, problem: undefined, hint: undefined, owner: undefined };

export function usePastedKey(provider: ProviderInfo, all: readonly ProviderInfo[]): PastedKeyField {
  const input = useRef<HTMLInputElement>(null);
  const [seen, setSeen] = useState(NOTHING);
  const custom = provider.id === 'custom';
  const prefixes = all.flatMap(({ key_format: prefix }) => prefix ?? []);
  const read = (anything: boolean): PastedKey => readPastedKey(input.current?.value ?? '', { prefixes, anything });
  const ownerOf = (key: string): KeyOwner | undefined =>
    key.length < ENOUGH
      ? undefined
      : otherOwner(
          key,
          provider.id,
          all.map(({ id, name, key_format: prefix }) => ({ id, name, prefix })),
        );

  /** @returns undefined where what is there is no key. */
  const clean = (): string | undefined => {
    const { key, removed, problem } = read(custom);
    if (problem === undefined && removed.length > 0 && input.current !== null) input.current.value = key;
    const owner = ownerOf(key);
    const hint = owner === undefined ? unusual(key, provider, custom ? read(false).removed : []) : undefined;
    setSeen((before) => ({
      // What was done to this key before is still true of it.
      done: problem !== undefined ? undefined : removed.length > 0 ? doneWith(removed) : before.done,
      problem,
      hint: problem === undefined ? hint : undefined,
      owner: problem === undefined ? owner : undefined,
    }));
    return problem === undefined ? key : undefined;
  };

  return {
    seen,
    input,
    onPaste(event) {
      const text = event.clipboardData?.getData('text/plain').trim() ?? '';
      const { current } = input;
      // The browser would take line breaks out and make one key of two.
      if (current === null || !/[\r\n]/.test(text)) return;
      event.preventDefault();
      const line = text.replace(/\s*[\r\n]+\s*/g, ' ');
      current.setRangeText(line, current.selectionStart ?? 0, current.selectionEnd ?? current.value.length, 'end');
      current.dispatchEvent(new Event('input', { bubbles: true }));
    },
    onInput(event) {
      setSeen(NOTHING);
      // Somebody who types is left alone until they are done.
      const typing = event instanceof InputEvent && /^(?:insertText|insertComposition|delete)/.test(event.inputType);
      if (!typing) clean();
      else {
        const text = input.current?.value ?? '';
        const owner = ownerOf(text);
        setSeen({ ...NOTHING, owner, hint: owner === undefined ? unusual(text, provider, []) : undefined });
      }
    },
    onChange: () => void clean(),
    settle() {
      const key = clean();
      return key === undefined ? undefined : { key, owner: ownerOf(key) };
    },
  };
}

const doneWith = (removed: readonly string[]): string => `We removed ${listed(removed).replace(/ it\b/, ' the key')}.`;

function unusual(key: string, { name, key_format: format }: ProviderInfo, kept: readonly string[]): string | undefined {
  if (kept.length > 0) return `Saved as it is, with ${listed(kept)}. Remove what does not belong to the key.`;
  if (key.length < ENOUGH || format === null || key.startsWith(format)) return undefined;
  return `Keys for ${name} usually begin with ${format}.`;
}
