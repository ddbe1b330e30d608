// What every call that takes a key asks of it, whichever call it is.
import { PROVIDERS, type Provider } from '../providers/provider-table.ts';
import { ByokError } from '../shared/errors.ts';
import { type KeyView, UNREADABLE } from '../users/user-view.ts';
import { listed, MASKED, readPastedKey } from './pasted-key.ts';

const PREFIXES = [...PROVIDERS.values()].flatMap(({ prefix }) => prefix ?? []);
/** Keys of providers are longer; what somebody runs at home takes any. */
const SHORTEST = 10;

/**
 * @param stored the person's keys: what is shown of them is no key either, not even a custom one.
 * @throws ByokError `validation_failed`. Nothing of the text is in it.
 */
export function assertKey(provider: Provider, text: string, stored: readonly Pick<KeyView, 'preview'>[]): void {
  const problem = problemOf(provider, text, stored);
  if (problem === undefined) return;
  throw new ByokError('validation_failed', {
    detail: problem,
    extras: { errors: [{ path: 'key', message: problem }] },
  });
}

/**
 * Labels and endpoints are shown and stored as they are: a key that was pasted there would be read by everybody who may
 * see them.
 * @param key that comes with it, or that is stored.
 * @throws ByokError `validation_failed`. Nothing of the text is in it.
 */
export function assertNoKeyIn(field: 'label' | 'endpoint', text: string | undefined, key: string | undefined): void {
  if (text === undefined || !(holds(text, key) || KEY_LIKE.test(text))) return;
  const message = `There is a key in the ${field}, which is shown and stored as it is. Leave the key out of it.`;
  throw new ByokError('validation_failed', { detail: message, extras: { errors: [{ path: field, message }] } });
}

/** Shorter ones are in a text by chance. */
const holds = (text: string, key: string | undefined): boolean => {
  if (key === undefined || key.length < SHORTEST) return false;
  const plain = key.toLowerCase();
  return [text, unescapedOf(text)].some((form) => form.toLowerCase().includes(plain));
};

function unescapedOf(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A known beginning, and more than a word behind it. */
const KEY_LIKE = new RegExp(`(?<![A-Za-z0-9])(?:${PREFIXES.join('|')})(?=[\\w-]*[0-9])[\\w-]{16,}`);

function problemOf({ id }: Provider, text: string, stored: readonly Pick<KeyView, 'preview'>[]): string | undefined {
  const custom = id === 'custom';
  if (UNREADABLE.includes(text) || stored.some(({ preview }) => preview === text)) return MASKED;
  const { removed, problem } = readPastedKey(text, { prefixes: PREFIXES, anything: custom });
  if (problem !== undefined) return problem;
  if (removed.length > 0) return `Send the key alone, without ${listed(removed)}.`;
  if (!custom && text.length < SHORTEST) return `The key must have at least ${SHORTEST} characters.`;
  return undefined;
}
