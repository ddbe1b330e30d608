// The verdicts of a probe in words, and the signs by which an error is told from another.
import type { ProbeResult, TestStatus } from './provider-probe.ts';

export interface Verdict extends ProbeResult {
  /** The answer may be the same for any key: ask with a junk key before believing it. */
  readonly doubtful: boolean;
}

/** Signs of what is behind an error, as found in the providers' codes, types and messages. Linear expressions. */
export const SIGNS = {
  restricted: /missing scopes?|insufficient permissions/i,
  quota: /insufficient_quota|exceeded your current quota|credit_balance|credit balance|credit limit exceeded/i,
  badKey: /invalid_api_key|api_key_invalid|(?:invalid|incorrect) api key|api key not valid|invalid x-api-key/i,
  network:
    /unsupported_country|country, region|request not allowed|network settings|ip_not_authorized|ip not authorized/i,
  closed:
    /organization_restricted|account_deactivated|been deactivated|access_terminated|organization has been disabled/i,
} as const;
export type Sign = keyof typeof SIGNS;

/** Status, reason and the rest of a sentence that begins with the name of the server that was asked. */
const VERDICTS = {
  ok: ['valid', 'ok', 'accepts the key'],
  restricted: ['valid', 'restricted', 'knows the key, but it is restricted and may not list models'],
  lacksPermission: ['valid', 'restricted', 'accepts the key, but calls will fail, because it lacks the permission'],
  rateLimited: ['valid', 'rate_limited', 'knows the key, but is limiting its requests right now'],
  quota: ['valid', 'quota', 'knows the key, but its quota or credit is used up'],
  billing: ['valid', 'billing', 'knows the key, but the account has a billing problem'],
  permission: ['valid', 'permission', 'knows the key, but does not let it list models'],
  noList: ['valid', 'ok', 'accepts the key, though it lists no models'],
  badKey: ['invalid', 'bad_key', 'refused the key: it is wrong, expired or revoked'],
  closed: ['invalid', 'permission', 'knows the key, but has closed or restricted its account'],
  network: ['unknown', 'cannot_verify', 'refuses this server’s network or region, so the key could not be checked'],
  cannotTell: ['unknown', 'cannot_verify', 'called the request bad, which says nothing about the key'],
  nothingThere: ['unknown', 'cannot_verify', 'has nothing at the address that would check the key'],
  anyKey: ['unknown', 'cannot_verify', 'is reachable, but answers any key alike, so the key cannot be verified'],
  notCompared: ['unknown', 'cannot_verify', 'is reachable, but whether it checks keys at all could not be found out'],
  providerError: ['error', 'provider_error', 'has a problem of its own right now; try again later'],
  notTheApi: ['unknown', 'unexpected_answer', 'did not answer as its API does, so the key could not be checked'],
  redirected: [
    'unknown',
    'unexpected_answer',
    'redirected elsewhere, which was not followed: the key went nowhere else',
  ],
  unexpected: ['unknown', 'unexpected_answer', 'gave an answer that was not expected'],
} as const satisfies Record<string, readonly [TestStatus, string, string]>;
export type Kind = keyof typeof VERDICTS;

/** @param detail ends the sentence. */
export function verdict(name: string, statusCode: number | undefined, kind: Kind, detail = ''): Verdict {
  const [status, reason, rest] = VERDICTS[kind];
  return { status, reason, message: `${name} ${rest}${detail}.`, statusCode, doubtful: false };
}
