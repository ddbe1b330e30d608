// Variables that look as if they were meant for the service and are not read by it: a slip of the pen, most often.
import type { Env } from './config-checks.ts';
import { namesByWord } from './names-by-word.ts';
import { NAMES_ELSEWHERE } from './names-elsewhere.ts';
import { SECRET_NAMES } from './secret-files.ts';
import { VARIABLES } from './variables.ts';

/** Read by the compose file, by deploy-byok.sh or by the client packages, which may share a settings file with the service. */
export const NAMES_OF_OTHERS: ReadonlySet<string> = new Set([
  ...['BYOK_DOMAIN', 'AUTH_DOMAIN', 'BYOK_TLS', 'KEYCLOAK_ADMIN_NETWORKS', 'OPS_CENTER_UPSTREAM'],
  ...['KC_BOOTSTRAP_ADMIN_USERNAME', 'KC_BOOTSTRAP_ADMIN_PASSWORD', 'POSTGRES_PASSWORD', 'BYOK_DB_PASSWORD'],
  ...['KEYCLOAK_DB_PASSWORD', 'REDIS_PASSWORD', 'BYOK_PROJECT', 'BYOK_SERVICE_NAME', 'BYOK_CONTAINER_NAME'],
  ...['BYOK_IMAGE', 'BYOK_KEYCLOAK_IMAGE', 'BYOK_NETWORK_PREFIX', 'BYOK_HTTP_PORT', 'BYOK_HTTPS_PORT'],
  ...['BYOK_NODE_IMAGE', 'BYOK_KEYCLOAK_BASE_IMAGE', 'BYOK_CADDY_IMAGE', 'BYOK_POSTGRES_IMAGE', 'BYOK_REDIS_IMAGE'],
  ...['BYOK_ALLOW_INSECURE_HTTP', 'BYOK_CLIENT_ID', 'BYOK_CLIENT_SECRET', 'BYOK_INTERNAL_URL'],
  ...['BYOK_SERVICE_TOKEN', 'BYOK_TOKEN_URL'],
]);

const KNOWN: ReadonlySet<string> = new Set([...Object.keys(VARIABLES), ...SECRET_NAMES.map((name) => `${name}_FILE`)]);
/** Ours alone: nothing else on the machine begins so. */
const OWN = /^(?:BYOK|KEYCLOAK|ENCRYPTION|AUDIT|CUSTOM_ENDPOINT)_/;
/** What Kubernetes sets for a service called `keycloak`, `redis`, `byok`. */
const OF_KUBERNETES =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT|PORT_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?)$/;
/** Shorter names are too like each other. */
const MIN_LENGTH = 6;

/**
 * One sentence each, beginning with the variable. A name of other software beside ours is said like any other: one of the
 * two is what somebody believes to count.
 */
export function* unknownVariables(env: Env): Generator<string> {
  for (const [name, value] of Object.entries(env)) {
    if (!value?.trim() || KNOWN.has(name) || NAMES_OF_OTHERS.has(name) || isOfKubernetes(name, value)) continue;
    const plain = name.replace(/_FILE$/, '');
    if (plain !== name && plain in VARIABLES) {
      yield `${name} is not read: only secrets come from files. Set ${plain}`;
      continue;
    }
    const like = NAMES_ELSEWHERE.get(name.toUpperCase()) ?? mostLike(name) ?? namesByWord(name).join(' or ');
    if (like !== '') yield `${name} is not read by the service: did you mean ${like}?`;
    else if (OWN.test(name)) yield `${name} is not read by the service: remove it, or look it up in the README`;
  }
}

const isOfKubernetes = (name: string, value: string): boolean =>
  OF_KUBERNETES.test(name) && (/^(?:tcp|udp):\/\//.test(value) || !/_PORT$/.test(name) || /SERVICE_PORT$/.test(name));

/** Upper and lower case count as the same: the system tells them apart, people do not. */
function mostLike(name: string): string | undefined {
  const written = name.toUpperCase();
  if (written.length < MIN_LENGTH) return undefined;
  const near = [...KNOWN]
    .map((known) => ({ known, steps: distance(written, known) }))
    .filter(({ known, steps }) => steps <= Math.min(2, Math.floor(known.length / 4)) && sameBeginning(written, known))
    .sort((a, b) => a.steps - b.steps);
  return near[0]?.known;
}

/** SSL_CERT_FILE is no slip of TLS_CERT_FILE, but a name that other programs read. */
const sameBeginning = (written: string, known: string): boolean => OWN.test(written) || written[0] === known[0];

/** How many letters are to be changed, put in or left out to make one of the other; two swapped ones count as one. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (r: number, c: number): number => (r === i ? row[c] : rows[r]?.[c]) ?? 0;
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(changed, at(i - 1, j) + 1, at(i, j - 1) + 1, swapped ? at(i - 2, j - 2) + 1 : changed));
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
