// Tokens that nobody should believe, made by hand.
import { createHmac } from 'node:crypto';

type Part = Readonly<Record<string, unknown>>;

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part: string | undefined): Part => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

/** The header and the claims of a token, unchecked. */
export function partsOf(token: string): { header: Part; claims: Part } {
  const [header, claims] = token.split('.');
  return { header: decode(header), claims: decode(claims) };
}

/** The same token with other claims and the old signature. */
export function withClaims(token: string, claims: Part): string {
  const [header, , signature] = token.split('.');
  return `${header}.${encode({ ...partsOf(token).claims, ...claims })}.${signature}`;
}

/** The same claims without a signature. */
export const unsigned = (token: string, alg = 'none'): string =>
  `${encode({ ...partsOf(token).header, alg })}.${encode(partsOf(token).claims)}.`;

/** The same claims signed with a shared secret, such as a public key that everyone can read. */
export function hmacSigned(token: string, secret: string | Buffer): string {
  const { header, claims } = partsOf(token);
  const text = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** The same token, naming another key. */
export function withKeyId(token: string, kid: string): string {
  const [, claims, signature] = token.split('.');
  return `${encode({ ...partsOf(token).header, kid })}.${claims}.${signature}`;
}
