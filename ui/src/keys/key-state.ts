// What is known of a key, in a word and a sentence with what to do about it.
import type { Tone } from '../components/notice.tsx';
import type { StoredKey } from '../store.ts';

export interface KeyState {
  readonly word: string;
  readonly tone: Tone;
  /** Undefined where there is nothing to explain. */
  readonly why: string | undefined;
}

/** Reasons are those of the test's answer, `details.reason`. A name stands for `%`. */
const TESTED: Readonly<Record<string, KeyState>> = {
  'valid:ok': { word: 'Valid', tone: 'good', why: undefined },
  'valid:restricted': {
    word: 'Restricted',
    tone: 'warn',
    why: '% knows this key, but does not let it do everything. Calls may fail: check its permissions there.',
  },
  'valid:permission': {
    word: 'Restricted',
    tone: 'warn',
    why: '% knows this key, but does not let it list models. Calls may still work.',
  },
  'valid:quota': { word: 'No credit', tone: 'warn', why: '% knows this key, but its quota or credit is used up.' },
  'valid:billing': { word: 'No credit', tone: 'warn', why: '% knows this key, but its account has a billing problem.' },
  'valid:rate_limited': {
    word: 'Limited',
    tone: 'warn',
    why: '% knows this key, but was limiting its requests at the last test. Test again later.',
  },
  'invalid:bad_key': {
    word: 'Invalid',
    tone: 'bad',
    why: '% refused this key: it is wrong, expired or revoked. Replace it.',
  },
  'invalid:permission': {
    word: 'Invalid',
    tone: 'bad',
    why: '% knows this key, but has closed or restricted its account.',
  },
  'error:timeout': {
    word: 'No answer',
    tone: 'warn',
    why: '% did not answer the last test in time. Test again later.',
  },
  'error:provider_error': {
    word: 'No answer',
    tone: 'warn',
    why: '% had a problem of its own at the last test, which says nothing about the key. Test again later.',
  },
  'error:refused_address': {
    word: 'Not reachable',
    tone: 'bad',
    why: 'The endpoint of this key is an address that may not be called. Replace the key with another endpoint.',
  },
  'unknown:unexpected_answer': {
    word: 'Cannot tell',
    tone: 'quiet',
    why: 'At the last test something else answered in place of %, which says nothing about the key. It is used all the same.',
  },
  'unknown:cannot_verify': {
    word: 'Cannot tell',
    tone: 'quiet',
    why: 'The last test could not find out whether this key works. It is used all the same.',
  },
};

/** For reasons that this page does not know yet. */
const BY_STATUS: Readonly<Record<string, KeyState>> = {
  valid: { word: 'Valid', tone: 'good', why: undefined },
  invalid: { word: 'Invalid', tone: 'bad', why: '% does not accept this key. Replace it.' },
  error: {
    word: 'No answer',
    tone: 'warn',
    why: '% could not be asked at the last test, which says nothing about the key. Test again later.',
  },
  unknown: {
    word: 'Cannot tell',
    tone: 'quiet',
    why: 'The last test could not find out whether this key works. It is used all the same.',
  },
};

const UNTESTED: KeyState = { word: 'Untested', tone: 'quiet', why: undefined };

/** What administrators know of a key is enough for it. */
type Judged = Pick<StoredKey, 'provider' | 'provider_name' | 'state' | 'enabled' | 'test_status' | 'test_reason'>;

export function stateOf(key: Judged): KeyState {
  if (key.state === 'undecryptable')
    return {
      word: 'Unreadable',
      tone: 'bad',
      why: 'This key was stored with an encryption key that the service no longer has. Replace it to go on using it.',
    };
  if (key.state === 'unknown_key')
    return {
      word: 'Unavailable',
      tone: 'bad',
      why: 'The service cannot read this key right now. Nothing is wrong with it: an administrator has to run byok doctor.',
    };
  if (key.state === 'unbound')
    return {
      word: 'Unconfirmed',
      tone: 'bad',
      why: 'It is not certain that you stored this key yourself, so nothing uses it. Replace it with your own.',
    };
  if (!key.enabled)
    return { word: 'Off', tone: 'quiet', why: 'Services do not get this key until you turn it on again.' };
  if (key.test_status === null) return UNTESTED;
  const state = testState(key.test_status, key.test_reason);
  return { ...state, why: state.why?.replaceAll('%', key.provider === 'custom' ? 'The endpoint' : key.provider_name) };
}

export const testState = (status: string, reason: string | null): KeyState =>
  TESTED[`${status}:${reason ?? ''}`] ?? BY_STATUS[status] ?? UNTESTED;
