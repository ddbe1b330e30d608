// What values of environment variables look like, each with the sentence that says what is wrong with another one.
import { isIP } from 'node:net';
import { z } from 'zod';
import { createAddressPolicy } from '../providers/address-policy.ts';
import { isUrlHost, listenProblem } from './host-names.ts';

interface Variable {
  readonly schema: z.ZodType;
  readonly doc: string;
  readonly fallback?: string;
  /** Empty in .env.byok and never printed. */
  readonly secret?: true;
}

/** By name. */
export type Variables = Readonly<Record<string, Variable>>;

const url = (protocols: string[], example: string) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `must be an address such as ${example}`,
    );
/** One host, as it is: no pattern, and nothing that a template should have filled in. */
const onOneHost = (example: string) =>
  url(['http:', 'https:'], example).refine(
    (value) => !URL.canParse(value) || isUrlHost(new URL(value).hostname),
    `must name one host, without a wildcard or a placeholder, such as ${example}`,
  );
/** An address on the web, that is called with something appended: no user name, query or fragment. */
export const webUrl = (example: string) =>
  onOneHost(example).refine((value) => {
    if (!URL.canParse(value)) return true;
    const { username, password } = new URL(value);
    return username === '' && password === '' && !/[?#]/.test(value);
  }, `must be an address such as ${example}, without a user name, a query or a fragment`);
/** An address on the web, that people follow. */
export const linkUrl = (example: string) =>
  onOneHost(example).refine((value) => {
    if (!URL.canParse(value)) return true;
    const { username, password } = new URL(value);
    return username === '' && password === '';
  }, `must be an address such as ${example}, without a user name`);
export const keycloakUrl = webUrl('https://auth.example.com').refine(
  (value) => !/\/(?:realms|admin|protocol|\.well-known)(?:\/|$)/.test(value),
  'must be the address without /realms and /admin, such as https://auth.example.com',
);
/** Where a port is opened: `portVariable` is for what people write behind the address. */
export const listenAddress = (portVariable: string) =>
  z.string().superRefine((value, context) => {
    const message = listenProblem(value, portVariable);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);
export const oneOf = <const T extends readonly [string, ...string[]]>(...words: T) =>
  z.enum(words, { error: `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}` });
export const flag = oneOf('true', 'false').transform((value) => value === 'true');
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** Trusting everybody's headers is what naming proxies is there to prevent. */
export const isEverybody = (value: string): boolean =>
  /^(?:\*|true|all)$/i.test(value) || (/\/0+$/.test(value) && isIP(value.replace(/\/0+$/, '')) !== 0);
export const isCidr = (value: string): boolean => {
  const [address = '', bits, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return false;
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
};
export const isPort = (value: string): boolean => /^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65_535;

export const isAddressList = (items: string[]): boolean => {
  try {
    createAddressPolicy(items);
    return true;
  } catch {
    return false;
  }
};
