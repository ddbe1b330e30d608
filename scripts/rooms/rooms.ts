// The rooms of src/, lowest first, and what each is for. A file imports from its own room and from lower ones.
// The check of the imports, the tables in the documentation and the picture of the architecture all come from here.

export interface Room {
  readonly name: string;
  /** Completes "here is …"; one line. */
  readonly purpose: string;
  /** The room is about a technology: any file in it may import packages of technology. */
  readonly technical?: true;
}

export interface Floor {
  readonly name: string;
  readonly rooms: readonly Room[];
}

/** Floors only gather rooms for reading; within a floor the order counts as well. */
export const FLOORS: readonly Floor[] = [
  {
    name: 'Ground',
    rooms: [
      { name: 'shared', purpose: 'Errors, time limits, ports of metrics and tracing. Imports nothing.' },
      { name: 'database', purpose: 'PostgreSQL and PGlite: connection, schema, migrations.', technical: true },
      { name: 'redis', purpose: 'The connection to Redis.', technical: true },
      {
        name: 'http',
        purpose: 'The HTTP kernel: problem documents, rate limits, CSRF, OpenAPI, page frame.',
        technical: true,
      },
      { name: 'crypto', purpose: 'Fernet, the key vault, master keys.' },
      { name: 'providers', purpose: 'The table of providers, probes, and which endpoints are allowed.' },
      { name: 'telemetry', purpose: 'Logs, metrics and traces.', technical: true },
    ],
  },
  {
    name: 'People and records',
    rooms: [
      { name: 'audit', purpose: 'The audit log: rows, chain, export, verification.' },
      { name: 'replicas', purpose: 'How replicas tell each other what was written.' },
      { name: 'users', purpose: 'Users and their key records: directory, lock, tiers, cache.' },
      { name: 'sessions', purpose: 'Sign-in, sessions, cookies.' },
      { name: 'services', purpose: 'Which internal services may call, and with which scopes.' },
    ],
  },
  {
    name: 'Features',
    rooms: [
      { name: 'keys', purpose: 'What people do with their keys: list, add, change, test, delete.' },
      { name: 'release', purpose: 'A key for a service, and when keys were last used.' },
      { name: 'usage', purpose: 'Calls counted against the limit of a tier; subscriptions.' },
      { name: 'adoption', purpose: 'How many users have keys; bindings for keys of the old service.' },
      { name: 'erasure', purpose: 'Every place that holds a person, and taking a person out of all of them.' },
      { name: 'admin', purpose: 'What administrators see: overview and users.' },
      { name: 'page', purpose: 'Serves the built page, whose sources are in `ui/`.' },
    ],
  },
  {
    name: 'Outside world',
    rooms: [
      {
        name: 'keycloak',
        purpose: 'All calls to Keycloak: ports of users, sessions and services; set-up of a realm.',
        technical: true,
      },
      { name: 'config', purpose: 'The environment, parsed once.' },
    ],
  },
];

export const ROOMS: readonly Room[] = FLOORS.flatMap((floor) => floor.rooms);

/** Above every room. A `compose-*.ts` in a room counts as composition too. */
export const COMPOSITIONS: Room = {
  name: 'app',
  purpose: 'Compositions: what is wired to what, the public and the internal port.',
  technical: true,
};
/** Above the compositions. */
export const COMMANDS: Room = { name: 'cli', purpose: 'The commands of `byok`.', technical: true };
/** Directly in src/, above everything. Nothing imports them. */
export const PROGRAMS: ReadonlyMap<string, string> = new Map([
  ['main.ts', 'The service.'],
  ['cli.ts', 'The command line.'],
]);

export interface Technology {
  readonly name: string;
  readonly packages: RegExp;
  /** Names of the files that may import it, outside the technical rooms. */
  readonly files: RegExp;
  /** How such files are named, for people. */
  readonly naming: string;
}

/** Files with none of these names hold rules, which know no technology. */
export const TECHNOLOGIES: readonly Technology[] = [
  {
    name: 'Fastify',
    packages: /^(?:fastify|fastify-.*|@fastify\/.*)$/,
    files: /(?:-(?:routes|hook|guard|cookies|page|export)|^(?:request|browser)-.*)\.ts$/,
    naming: '*-routes.ts, *-hook.ts, *-guard.ts, *-cookies.ts, *-page.ts, *-export.ts, request-*.ts, browser-*.ts',
  },
  {
    name: 'the database',
    packages: /^(?:kysely|pg|pg-.*|@electric-sql\/.*|node:sqlite)$/,
    files: /^(?:postgres|pglite|sqlite)-.*\.ts$/,
    naming: 'postgres-*.ts, pglite-*.ts, sqlite-*.ts',
  },
  { name: 'Redis', packages: /^ioredis$/, files: /^redis-.*\.ts$/, naming: 'redis-*.ts' },
  { name: 'undici', packages: /^undici$/, files: /^undici-.*\.ts$/, naming: 'undici-*.ts' },
  { name: 'Pino', packages: /^pino(?:-.*)?$/, files: /^pino-.*\.ts$/, naming: 'pino-*.ts' },
  { name: 'Prometheus', packages: /^prom-client$/, files: /^prometheus-.*\.ts$/, naming: 'prometheus-*.ts' },
  { name: 'OpenTelemetry', packages: /^@opentelemetry\/.*$/, files: /^otel-.*\.ts$/, naming: 'otel-*.ts' },
  {
    name: 'Keycloak',
    packages: /^(?:@keycloak\/.*|openid-client|oauth4webapi)$/,
    files: /^keycloak-.*\.ts$/,
    naming: 'keycloak-*.ts',
  },
];

/** Source outside src/ that imports nothing but itself. */
export interface Island {
  readonly folder: string;
  readonly what: string;
  /** What it may import besides, below the top folder. */
  readonly may: readonly string[];
  /** Of packages. */
  readonly packages: RegExp;
}

export const ISLANDS: readonly Island[] = [
  {
    folder: 'clients/typescript/src',
    what: 'the client is a package of its own, without dependencies',
    may: [],
    packages: /^node:/,
  },
  {
    folder: 'ui/src',
    what: 'the page knows the service by its calls only',
    // Colours and basics are the same on the server's own pages, and so is what counts as a key (ADR 0030).
    may: ['src/http/stylesheet.ts', 'src/keys/pasted-key.ts', 'src/keys/key-owner.ts'],
    packages: /^(?:preact|openapi-fetch|uplot)$/,
  },
];
