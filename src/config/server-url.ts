// Addresses of PostgreSQL and Redis, with a password in them: one that is not percent-encoded would move the host elsewhere.
import { z } from 'zod';
import { parseRedisUrl, REDIS_URL_EXAMPLES } from '../redis/redis-url.ts';

const HINT = 'in a user name or password, write / as %2F, @ as %40, # as %23, ? as %3F and % as %25';
/** Parameters in which an `@` is one: anywhere else in a query it is the one in front of the host. */
const MAY_HOLD_AT =
  /^(?:user|password|host|options|application_name|fallback_application_name|username|connectionName|sentinel_username|sentinel_password)=/;

/** @param isOne of those whose host is where it seems to be. The refusal never shows any part of the address. */
const serverUrl = (scheme: RegExp, example: string, isOne: (value: string) => boolean) =>
  z.string().superRefine((value, context) => {
    if (scheme.test(value) && hostIsPlain(value) && isOne(value)) return;
    const mayBePassword = scheme.test(value) && (/[@#]/.test(value) || !URL.canParse(value));
    context.addIssue({
      code: 'custom',
      message: `must be an address such as ${example}${mayBePassword ? `; ${HINT}` : ''}`,
    });
  });

/** What ends the host for a parser is not in the user name or password: their `@` would come after it. */
function hostIsPlain(value: string): boolean {
  const [, path = '', query = ''] = /^[^:]*:(?:\/\/[^/?]*)?([^?]*)\??(.*)$/.exec(value) ?? [];
  const isPlain = (item: string): boolean => !item.includes('@') || MAY_HOLD_AT.test(item);
  return !value.includes('#') && !path.includes('@') && query.split('&').every(isPlain);
}

const loginOf = (value: string): string => /^[^/]*\/\/([^/?#]*)@/.exec(value)?.[1] ?? '';

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The driver takes a percent sign that stands for nothing as itself. */
export const postgresUrl = serverUrl(
  /^postgres(?:ql)?:/i,
  'postgres://user:password@host/database',
  (value) => URL.canParse(value) && isDecodable(loginOf(value).replace(/%(?![\da-f]{2})/gi, '%25')),
);

export const redisUrl = serverUrl(
  /^rediss?(?:\+sentinel)?:/i,
  REDIS_URL_EXAMPLES,
  (value) => parseRedisUrl(value) !== undefined && isDecodable(loginOf(value)),
);
