// What the list of requests reaches, measured by the service's own description: its routes, and the codes of its errors.
import type { Json, Recording } from './recording.ts';

/** Codes that nothing outside can cause. */
const UNREACHABLE: ReadonlyMap<string, string> = new Map([['internal', 'a mistake of the service itself']]);

interface Description {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components?: { readonly schemas?: { readonly Problem?: { properties?: { code?: { enum?: string[] } } } } };
}

interface Seen {
  readonly status?: number;
  readonly noted?: Json;
  readonly body?: { readonly json?: Json } | null;
}

/** Lines for people: how many of each were seen, and which were not. */
export function showCoverage({ entries }: Recording): string[] {
  const descriptions = entries
    .filter(({ name }) => /: description(?: inside)?$/.test(name))
    .map(({ seen }) => ((seen as Seen).body?.json ?? {}) as Description);
  const text = JSON.stringify(entries.map(({ seen }) => seen));
  const codes = new Set(descriptions.flatMap((one) => one.components?.schemas?.Problem?.properties?.code?.enum ?? []));
  const unseen = [...codes].filter((code) => !text.includes(`urn:byok:error:${code}`));
  const operations = new Set(descriptions.flatMap(operationsOf));
  const done = entries.filter(({ seen }) => isDone(seen as Seen)).map(({ request }) => request);
  const undone = [...operations].filter((operation) => {
    const [method, pattern = ''] = operation.split(' ');
    const path = new RegExp(`^${method} \\S*${pattern.replace(/\{\w+\}/g, '[^/?]+')}(?:[? ]|$)`);
    return !done.some((request) => path.test(request));
  });
  return [
    line('routes that did what they are for', operations.size, undone),
    line('codes of errors', codes.size, unseen),
    ...unseen
      .filter((code) => UNREACHABLE.has(code))
      .map((code) => `not to be caused: ${code}, ${UNREACHABLE.get(code)}`),
  ];
}

/** What was noted was done by others, such as Keycloak. */
const isDone = ({ status = 0, noted }: Seen): boolean => noted !== undefined || (status >= 200 && status < 400);

/** Below whatever path stands in front. */
function operationsOf({ paths = {} }: Description): string[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/^\/byok(?=\/)/, '')}`),
  );
}

const line = (what: string, all: number, missing: readonly string[]): string =>
  `${what}: ${all - missing.length} of ${all}${missing.length === 0 ? '' : `, not ${missing.join(', ')}`}`;
