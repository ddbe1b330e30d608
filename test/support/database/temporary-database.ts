// A PostgreSQL database of a test's own on the shared server, gone when the test is over.
import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** @param serverUrl the superuser's, from `inject('postgresUrl')`. */
export async function temporaryDatabase(serverUrl: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asSuperuser(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asSuperuser(serverUrl, `drop database if exists ${name} with (force)`) };
}

/** Runs one statement on a connection of its own. */
export async function asSuperuser(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
