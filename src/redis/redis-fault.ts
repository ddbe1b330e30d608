// What Redis refuses, by the words it refuses with. What the operator can do about it is said here, once.
import type { PartFault } from '../shared/part-fault.ts';

type Row = readonly [pattern: RegExp, word: string, lasting: boolean, advice: string];

const PERMISSIONS =
  'it needs the commands and keys of docs/storage.md, such as `+@all -@dangerous +info ~byok:* ~session:* &byok:*`';

/** The first that fits. Within a script the words come after others. */
const ROWS: readonly Row[] = [
  [
    /\bWRONGPASS\b|\bNOAUTH\b|invalid password|AUTH <password> called without/i,
    'credentials',
    true,
    'Redis refuses the user or the password in REDIS_URL. Correct them: redis://user:password@host:6379/0.',
  ],
  [
    /\bNOPERM\b|can't run this command|no permissions|can't access (one of )?the (keys|channels)/i,
    'not_permitted',
    true,
    `The user in REDIS_URL may not do in Redis what the service does. Give it the rights with ACL SETUSER: ${PERMISSIONS}.`,
  ],
  [
    /DB index is out of range|invalid DB index/i,
    'no_such_database',
    true,
    'Redis has no database of the number at the end of REDIS_URL. Use one that it has, such as /0.',
  ],
  [
    // Where a database number is given, its first answer is that it knows no SELECT.
    /redis_mode:sentinel|unknown command [`']select/i,
    'sentinel',
    true,
    'REDIS_URL leads to a Sentinel, not to a Redis. Write it as redis+sentinel://host:26379/mymaster, with the name that the Sentinel has for the primary.',
  ],
  [
    /\bMOVED\b|\bCROSSSLOT\b|\bCLUSTERDOWN\b|not allowed in cluster mode|redis_mode:cluster/i,
    'cluster',
    true,
    'REDIS_URL leads to a Redis Cluster, which the service cannot use. Use one Redis, with replicas and Sentinel if you like.',
  ],
  [
    /unknown (redis )?command/i,
    'lacks_commands',
    true,
    'The server in REDIS_URL does not know a command that the service needs. Use Redis 6.2 or later with no command renamed or disabled.',
  ],
  [
    /no master|All sentinels are unreachable|invalid reply/i,
    'no_primary',
    false,
    'No Sentinel in REDIS_URL names a primary. Check that they run, and that the name in REDIS_URL is the one that they have for it.',
  ],
  [
    /\bREADONLY\b/,
    'read_only',
    false,
    'The server in REDIS_URL is a replica, or has become one, and takes no writes. If this is no failover under way, let REDIS_URL lead to the primary, or use redis+sentinel://.',
  ],
  [
    /\bOOM\b/,
    'full',
    false,
    'Redis (REDIS_URL) is full and evicts nothing. Raise its maxmemory, or set maxmemory-policy volatile-ttl.',
  ],
  [
    /\bMISCONF\b/,
    'cannot_save',
    false,
    'Redis (REDIS_URL) cannot save to its disk and therefore takes no writes. Look at its log, and make room on its disk or let it write there.',
  ],
  [
    /\bNOREPLICAS\b/,
    'no_replicas',
    false,
    'Redis (REDIS_URL) has fewer replicas than its min-replicas-to-write and therefore takes no writes. Bring them back.',
  ],
  [/\bLOADING\b/, 'loading', false, 'Redis (REDIS_URL) is still reading its data. Wait until it has.'],
  [
    /\bBUSY\b/,
    'busy',
    false,
    'Redis (REDIS_URL) is busy with a script of somebody else. Wait, or end it with SCRIPT KILL.',
  ],
  [
    /this process was stopped/,
    'not_heard',
    false,
    'This process was stopped for some seconds and is not in step with the other replicas yet. It will be by itself.',
  ],
  [
    /not heard/,
    'not_heard',
    false,
    'What is published in Redis (REDIS_URL) does not come back. Check that nothing between the service and Redis drops idle connections, and that Redis is not overloaded.',
  ],
];

/** What was met at the address in REDIS_URL, by the words of the system, of OpenSSL and of ioredis. */
const CAUSES: readonly (readonly [pattern: RegExp, cause: string])[] = [
  [/ENOTFOUND|EAI_AGAIN/, 'its host name is not known'],
  [/ECONNREFUSED/, 'nothing listens on that port'],
  [/EHOSTUNREACH|ENETUNREACH/, 'no way leads to its host'],
  [
    /wrong version number|packet length too long|EPROTO|before secure TLS connection/i,
    'what listens there does not speak TLS: redis:// is without',
  ],
  [/certificate|CERT_|SELF_SIGNED|UNABLE_TO_/i, 'its certificate is not believed, or is not for that host name'],
  [/protocol error|reply type/i, 'what listens there is not a Redis'],
  [
    /timed? ?out|no answer within/i,
    'nothing came back in time: a firewall, another program than Redis, or a port without TLS where rediss:// asks for it',
  ],
  [
    /ECONNRESET|EPIPE|connection is closed|socket closed|hang up|max retries per request/i,
    'what listens there closes the connection: it is not a Redis, or wants TLS, which is rediss://',
  ],
];

/** @param error whose message holds the words of Redis; the last of several. */
export function redisFault(error: unknown): PartFault {
  const message = error instanceof Error ? error.message : '';
  const row = ROWS.find(([pattern]) => pattern.test(message));
  if (row === undefined) return away(message, error);
  const [, word, lasting, advice] = row;
  return { word, lasting, advice };
}

function away(message: string, error: unknown): PartFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const cause = CAUSES.find(([pattern]) => pattern.test(`${code} ${message}`))?.[1];
  return {
    word: 'no_answer',
    lasting: false,
    advice: `Redis does not answer: check REDIS_URL and the server${cause === undefined ? '' : ` (${cause})`}. Until it does, nobody is signed in.`,
  };
}
