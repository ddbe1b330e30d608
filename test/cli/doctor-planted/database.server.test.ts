// A PostgreSQL that does not take what the service does, or is not the one that was meant.
import { randomBytes } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import { openCore } from '../../../src/app/core.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { openDatabase } from '../../../src/database/database.ts';
import { RIGHTS } from '../../../src/database/database-rights.ts';
import { temporaryDatabase } from '../../support/database/temporary-database.ts';
import { temporaryFolder } from '../../support/programs/temporary-folder.ts';
import { startPgbouncer } from '../../support/servers/pgbouncer.ts';
import { findProgram } from '../../support/servers/programs.ts';
import { freePort } from '../../support/servers/server-process.ts';
import { type Env, findsPlanted } from './planted.ts';

/** The locks of users: the first of their two numbers. */
const TURNS = 0x75_73_65_72;
const newKey = (): string => randomBytes(32).toString('base64url').concat('=');
const KEY = newKey();
const ROLE = `app_${randomBytes(6).toString('hex')}`;
let database: Awaited<ReturnType<typeof temporaryDatabase>>;
let owner: pg.Client;
beforeAll(async () => {
  database = await temporaryDatabase(inject('postgresUrl'));
  // It has been in use.
  await (await openCore(parseConfig(surroundings()), { create: true })).close();
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  await owner.query(`create role ${ROLE} login password 'secret'`);
  await owner.query(`grant select on all tables in schema public to ${ROLE}`);
  for (const [table, rights] of Object.entries(RIGHTS))
    await owner.query(`grant ${rights.join(', ')} on ${table} to ${ROLE}`);
});
afterAll(async () => {
  await owner?.query(`drop owned by ${ROLE}`);
  await owner?.query(`drop role ${ROLE}`);
  await owner?.end();
  await database?.drop();
});

const surroundings = (): Env => ({ ENCRYPTION_KEY: KEY, DATABASE_URL: database.url, BYOK_DATA_DIR: '/nowhere' });
const at = (change: (url: URL) => void): Env => {
  const url = new URL(database.url);
  change(url);
  return { DATABASE_URL: url.href };
};
const asRole = (password = 'secret'): Env =>
  at((url) => {
    url.username = ROLE;
    url.password = password;
  });
/** As the role of the service, spoilt until the test is over. */
async function spoilt(spoil: string, undo: string): Promise<Env> {
  onTestFinished(async () => void (await owner.query(undo)));
  await owner.query(spoil);
  return asRole();
}
async function otherDatabase(): Promise<string> {
  const other = await temporaryDatabase(inject('postgresUrl'));
  onTestFinished(other.drop);
  return other.url;
}
const name = (): string => new URL(database.url).pathname.slice(1);

findsPlanted('the database', { surroundings }, [
  {
    name: 'a database that there is not',
    plant: () => at((url) => (url.pathname = '/byok_production')),
    names: 'DATABASE_URL',
    fix: /"byok_production" does not exist.*(Create it|Check DATABASE_URL)/,
    start: 'refuses',
  },
  {
    name: 'a password that it does not take',
    plant: () => asRole('wrong'),
    names: 'DATABASE_URL',
    fix: /password authentication failed.*Check DATABASE_URL/,
    start: 'refuses',
  },
  {
    name: 'a port where nothing listens',
    plant: async () => {
      const port = await freePort();
      return at((url) => (url.port = String(port)));
    },
    names: 'DATABASE_URL',
    fix: /ECONNREFUSED.*Check DATABASE_URL and the server/,
  },
  {
    name: 'a role that may only read',
    plant: () => spoilt(`revoke insert on audit_log from ${ROLE}`, `grant insert on audit_log to ${ROLE}`),
    names: 'DATABASE_URL',
    fix: /lacks insert on audit_log.*deploy\/postgres\/roles\.sql/,
    start: 'refuses',
  },
  {
    name: 'a role whose transactions are read-only',
    plant: () =>
      spoilt(
        `alter role ${ROLE} set default_transaction_read_only = on`,
        `alter role ${ROLE} reset default_transaction_read_only`,
      ),
    names: 'DATABASE_URL',
    fix: /may only read.*alter role .* reset default_transaction_read_only/,
    start: 'refuses',
  },
  {
    name: 'a database whose transactions are read-only, as on a standby',
    plant: async () => {
      await owner.query(`alter database ${name()} set default_transaction_read_only = on`);
      onTestFinished(async () => {
        await owner.query('set default_transaction_read_only = off');
        await owner.query(`alter database ${name()} reset default_transaction_read_only`);
      });
      return undefined;
    },
    names: 'DATABASE_URL',
    fix: /takes no writes.*lead to the primary/,
    start: 'waits',
  },
  {
    name: 'row security without a policy',
    plant: () =>
      spoilt('alter table audit_log enable row level security', 'alter table audit_log disable row level security'),
    names: 'DATABASE_URL',
    fix: /may not do what the service does.*roles\.sql/,
    start: 'refuses',
  },
  {
    name: 'a role that may not make the tables',
    plant: async () => {
      const url = new URL(await otherDatabase());
      url.username = ROLE;
      url.password = 'secret';
      return { DATABASE_URL: url.href };
    },
    names: 'DATABASE_MIGRATION_URL',
    fix: /may not (make them\. Set|change tables\. Run).*DATABASE_MIGRATION_URL.* the role that owns/,
    start: 'refuses',
  },
  {
    name: 'a pooler that gives each transaction another session',
    plant: async () => {
      const parent = temporaryFolder();
      await chmod(parent, 0o755);
      const program = await findProgram('pgbouncer');
      const { url, stop } = await startPgbouncer({ program, parent, target: database.url, mode: 'transaction' });
      onTestFinished(stop);
      return { DATABASE_URL: url };
    },
    names: 'DATABASE_URL',
    fix: /leads to a pooler.*pool_mode=session/,
    start: 'refuses',
  },
  {
    name: 'a session that keeps the turn of an account, and that the role may not see into',
    plant: async () => {
      await owner.query(`select pg_advisory_lock(${TURNS}, 7)`);
      onTestFinished(async () => void (await owner.query('select pg_advisory_unlock_all()')));
      return asRole();
    },
    names: 'DATABASE_URL',
    fix: /pg_read_all_stats.*select pg_terminate_backend\(\d+\)/,
  },
  {
    name: 'another database for migrations, without tables',
    plant: async () => ({ DATABASE_MIGRATION_URL: await otherDatabase() }),
    names: 'DATABASE_MIGRATION_URL',
    fix: /let both name the same database/,
    start: 'refuses',
  },
  {
    name: 'another database for migrations, with the same tables',
    plant: async () => {
      const url = await otherDatabase();
      await (await openDatabase({ databaseUrl: url, dataDir: '' })).close();
      return { DATABASE_MIGRATION_URL: url };
    },
    names: 'DATABASE_MIGRATION_URL',
    fix: /let both name the same database/,
    start: 'refuses',
  },
  {
    name: 'tables of a newer version that this one cannot use',
    plant: async () => {
      const url = await otherDatabase();
      await (await openDatabase({ databaseUrl: url, dataDir: '' })).close();
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`insert into byok_migrations (name, timestamp) values ('9999_of_the_future', '2030-01-01')`);
      await client.end();
      return { DATABASE_URL: url };
    },
    names: 'newer',
    fix: /9999_of_the_future/,
    start: 'refuses',
  },
  {
    name: 'another ENCRYPTION_KEY than it was used with',
    plant: () => ({ ENCRYPTION_KEY: newKey() }),
    names: 'ENCRYPTION_KEY',
    fix: /put that key back|Put .* back/,
    start: 'refuses',
  },
]);
