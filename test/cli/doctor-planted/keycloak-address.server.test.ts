// What KEYCLOAK_URL leads to: something in front of Keycloak, another address, another certificate, another clock.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, inject, onTestFinished, vi } from 'vitest';
import { createKeycloakProxy, type Fault, isTokenRequest, type Seen } from '../../support/keycloak/keycloak-proxy.ts';
import { temporaryFolder } from '../../support/programs/temporary-folder.ts';
import { freePort } from '../../support/servers/server-process.ts';
import { createCertificateAuthority } from '../../support/service/certificates.ts';
import { type Env, findsPlanted } from './planted.ts';
import { createPlantedRealm, type PlantedRealm } from './planted-realm.ts';

let realm: PlantedRealm;
beforeAll(async () => {
  realm = await createPlantedRealm();
});
afterAll(() => realm?.drop());

async function behind(decide: (seen: Seen) => Fault, path = ''): Promise<Env> {
  const proxy = await createKeycloakProxy(inject('keycloak').url);
  onTestFinished(proxy.close);
  proxy.misbehave(decide);
  return { KEYCLOAK_URL: `${proxy.url}${path}` };
}

/** Keycloak over HTTPS, with a certificate for `host`; we trust the authority that is named. */
async function overTls(host: string, { days = 2, trusts }: { days?: number; trusts: 'it' | 'another' }): Promise<Env> {
  const authority = createCertificateAuthority();
  const proxy = await createKeycloakProxy(inject('keycloak').url, authority.issue([host], { days }));
  onTestFinished(proxy.close);
  const file = join(temporaryFolder(), 'ca.pem');
  writeFileSync(file, trusts === 'it' ? authority.cert : createCertificateAuthority('another').cert);
  return { KEYCLOAK_URL: proxy.url, KEYCLOAK_CA_FILE: file };
}

/** This machine's clock: Keycloak has the right time. */
function clockOffBy(minutes: number): undefined {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000, shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
}

const html = (status: number): Fault => ({
  status,
  body: '<html></html>',
  headers: { 'content-type': 'text/html', ...(status === 429 && { 'retry-after': '2' }) },
});
const refuses = (status: number) => ({
  name: `a proxy that answers ${status} in Keycloak's place`,
  plant: () => behind(() => html(status)),
  names: 'KEYCLOAK_URL',
  fix: new RegExp(`what KEYCLOAK_URL leads to answered ${status} \\(text/html\\)`),
  start: 'waits' as const,
});

findsPlanted('the way to Keycloak', { surroundings: () => realm.env }, [
  ...[401, 403, 404, 429].map(refuses),
  {
    name: 'a proxy that refuses tokens only',
    plant: () => behind((seen) => (isTokenRequest(seen) ? html(403) : 'pass')),
    names: 'KEYCLOAK_URL',
    fix: /answered 403 \(text\/html\) where a token was asked for/,
  },
  {
    name: 'an address that lacks /auth',
    plant: () => behind(({ path }) => (path.startsWith('/auth/') ? { passTo: path.slice(5) } : html(404))),
    names: 'KEYCLOAK_URL',
    fix: /probably needs \/auth at the end/,
  },
  {
    name: 'an address with /auth that Keycloak does not have',
    plant: () => behind(({ path }) => (path.startsWith('/auth/') ? html(404) : 'pass'), '/auth'),
    names: 'KEYCLOAK_URL',
    fix: /must not end in \/auth/,
  },
  {
    name: 'a redirect to somewhere else',
    plant: () => behind(() => ({ status: 302, headers: { location: 'https://login.example.com/' } })),
    names: 'KEYCLOAK_URL',
    fix: /answered 302/,
  },
  {
    name: 'an address where nothing listens',
    plant: async () => ({ KEYCLOAK_URL: `http://127.0.0.1:${await freePort()}` }),
    names: 'Check KEYCLOAK_URL',
    fix: /could not be reached \(ECONNREFUSED\).*that Keycloak runs/,
  },
  {
    name: 'a host that there is not',
    plant: () => ({ KEYCLOAK_URL: 'http://keycloak.invalid' }),
    names: 'Check KEYCLOAK_URL',
    fix: /could not be reached \((ENOTFOUND|EAI_AGAIN)\)/,
  },
  {
    name: 'https where Keycloak speaks http',
    plant: () => ({ KEYCLOAK_URL: inject('keycloak').url.replace('http:', 'https:') }),
    names: 'KEYCLOAK_URL',
    fix: /does not speak TLS there: .*begin with http/,
  },
  {
    name: 'a certificate of an authority that KEYCLOAK_CA_FILE does not hold',
    plant: () => overTls('127.0.0.1', { trusts: 'another' }),
    names: 'KEYCLOAK_CA_FILE',
    fix: /authority that is not known here/,
  },
  {
    name: 'a certificate of Keycloak that has run out',
    plant: () => overTls('127.0.0.1', { days: -3, trusts: 'it' }),
    names: 'KEYCLOAK_URL',
    fix: /has run out or is not valid yet: renew it/,
  },
  {
    name: 'a certificate of Keycloak for another host',
    plant: () => overTls('elsewhere.example.com', { trusts: 'it' }),
    names: 'KEYCLOAK_URL',
    fix: /certificate for another host/,
  },
  {
    name: 'a clock that is ten minutes fast',
    plant: () => clockOffBy(10),
    names: 'clock',
    fix: /differ by -[56]\d\d s.*Synchronise both with NTP/,
  },
  {
    name: 'a clock that is ten minutes slow',
    plant: () => clockOffBy(-10),
    names: 'clock',
    fix: /differ by (?:[56]\d\d) s.*Synchronise both with NTP/,
  },
]);
