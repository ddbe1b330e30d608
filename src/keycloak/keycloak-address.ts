// Where something else than Keycloak answers: looks whether Keycloak is at the same address with or without /auth.
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { isJsonAnswer, isNoSuchRealm, parseJson } from './keycloak-own-answer.ts';
import { realmAddress } from './realm-address.ts';

interface AddressOptions {
  /** Without a slash at the end. */
  readonly url: string;
  readonly realm: string;
  readonly dispatcher: Dispatcher;
}

/** For so long an advice is given again without another look. */
const KEPT_MS = 60_000;
const LOOK_MS = 1_500;
const SUFFIX = '/auth';
const discovery = z.object({ issuer: z.string(), token_endpoint: z.string() });

/** @returns a function that resolves to what there is to add to a sentence that names KEYCLOAK_URL. It never rejects. */
export function createAddressAdvice(options: AddressOptions): () => Promise<string> {
  let known: { readonly advice: Promise<string>; readonly at: number } | undefined;
  return () => {
    if (known === undefined || performance.now() - known.at > KEPT_MS)
      known = { advice: adviseOn(options), at: performance.now() };
    return known.advice;
  };
}

async function adviseOn(options: AddressOptions): Promise<string> {
  const { url } = options;
  const hasSuffix = url.endsWith(SUFFIX);
  const other = hasSuffix ? url.slice(0, -SUFFIX.length) : `${url}${SUFFIX}`;
  if (!(await isKeycloak({ ...options, url: other }))) return '';
  return hasSuffix
    ? '. There is a Keycloak without /auth: KEYCLOAK_URL must not end in /auth'
    : '. There is a Keycloak under /auth: KEYCLOAK_URL probably needs /auth at the end';
}

async function isKeycloak({ url, realm, dispatcher }: AddressOptions): Promise<boolean> {
  try {
    const address = `${realmAddress(url, realm)}/.well-known/openid-configuration`;
    const { statusCode, headers, body } = await request(address, { dispatcher, signal: AbortSignal.timeout(LOOK_MS) });
    const contentType = [headers['content-type']].flat()[0];
    const seen = { status: statusCode, contentType, body: parseJson(await body.text()) };
    return isNoSuchRealm(seen) || (isJsonAnswer(seen) && discovery.safeParse(seen.body).success);
  } catch {
    return false;
  }
}
