import { afterEach, expect, it, vi } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { createRefusedClients } from '../../src/sessions/refused-clients.ts';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { describeRefusedClients } from './refused-clients-contract.ts';

describeRefusedClients('the embedded database', async () => {
  const folder = await ownedDataFolder();
  const database = await openDatabase({ databaseUrl: undefined, dataDir: folder.path });
  return {
    database,
    close: async () => {
      await database.close();
      folder.remove();
    },
  };
});

function watched() {
  const rows: string[] = [];
  const lines: object[] = [];
  const messages: string[] = [];
  const seen = createRefusedClients({
    store: {
      async note(clientId) {
        rows.push(clientId);
        throw new Error('the database is away');
      },
    },
    log: {
      warn(details, message) {
        lines.push(details);
        messages.push(message);
      },
    },
  });
  return { seen, rows, lines, messages };
}

afterEach(() => void vi.useRealTimers());

it('a refused client is a line and a row once an hour, whether the database is there or not', () => {
  vi.useFakeTimers();
  const { seen, rows, lines, messages } = watched();
  for (let count = 0; count < 50; count += 1) seen('newsletter-spa');
  vi.advanceTimersByTime(3_599_999);
  seen('newsletter-spa');
  expect([rows, lines]).toEqual([['newsletter-spa'], [{ client: 'newsletter-spa' }]]);
  expect(messages).toEqual([expect.stringContaining('add the client to KEYCLOAK_ALLOWED_CLIENTS')]);
  vi.advanceTimersByTime(1);
  seen('newsletter-spa');
  expect(rows).toEqual(['newsletter-spa', 'newsletter-spa']);
});

it('a thousand names are a hundred lines an hour, none longer than a name may be', () => {
  vi.useFakeTimers();
  const { seen, lines } = watched();
  for (let round = 0; round < 3; round += 1)
    for (let count = 0; count < 1000; count += 1) seen(`${count}-${'x'.repeat(5000)}`);
  expect(lines).toHaveLength(100);
  expect(Math.max(...lines.map((line) => JSON.stringify(line).length))).toBeLessThan(300);
  vi.advanceTimersByTime(3_601_000);
  seen('another');
  expect(lines).toHaveLength(101);
});
