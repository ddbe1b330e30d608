// Names that are one of ours but for whole words: CACHE_TTL, STALE_MAX_SECONDS, SESSION_TTL_SECONDS.
import { VARIABLES } from './variables.ts';

/** What begins so has namesakes in other software: DATABASE_NAME, LOG_FORMAT, TLS_CA_FILE, OTEL_EXPORTER_OTLP_HEADERS. */
const SHARED = /^(?:NODE|PORT|HOST|INTERNAL|PUBLIC|BASE|LOG|OTEL|DATABASE|REDIS|TLS)(?:_|$)/;
const UNIT = /^(?:SECONDS|MINUTE|DAYS)$/;
/** Of more, none is a suggestion. */
const MOST = 2;

const OURS: readonly { readonly name: string; readonly words: readonly string[] }[] = Object.keys(VARIABLES)
  .filter((name) => !SHARED.test(name))
  .map((name) => ({ name, words: name.split('_') }));

/** @returns the nearest of our names, in the order of the table: one, or two that are as near; empty where none is. */
export function namesByWord(written: string): readonly string[] {
  const words = written.toUpperCase().split('_');
  if (words.length < 2) return [];
  const steps = OURS.map(({ name, words: ours }) => ({ name, steps: wordSteps(words, ours) }));
  const fewest = Math.min(...steps.map((one) => one.steps));
  const nearest = fewest === Number.POSITIVE_INFINITY ? [] : steps.filter((one) => one.steps === fewest);
  return nearest.length > MOST ? [] : nearest.map(({ name }) => name);
}

/** Words left out, or one put in; a name with another word is farther than those. Infinity where it is no likeness. */
function wordSteps(written: readonly string[], ours: readonly string[]): number {
  const more = written.length - ours.length;
  if (written[0] !== ours[0] || more > 1) return Number.POSITIVE_INFINITY;
  if (more === 0) return hasOneOther(written, ours) ? ours.length : Number.POSITIVE_INFINITY;
  const isLike = more > 0 ? ours.length > 1 && isWithin(ours, written) : isWithin(written, ours);
  return isLike ? Math.abs(more) : Number.POSITIVE_INFINITY;
}

/** Not the last word, which says what it is: CACHE_MAX_AGE is not CACHE_MAX_USERS. Only another unit is a slip. */
function hasOneOther(written: readonly string[], ours: readonly string[]): boolean {
  const others = ours.filter((word, index) => word !== written[index]);
  const last = ours.at(-1) ?? '';
  return ours.length > 2 && others.length === 1 && (written.at(-1) === last || UNIT.test(last));
}

/** Whether the words are all in the others, in their order. */
function isWithin(words: readonly string[], others: readonly string[]): boolean {
  let found = 0;
  for (const word of others) if (word === words[found]) found += 1;
  return found === words.length;
}
