// Ids of encryption keys are for people to compare: a log line shows them.
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { masterKeyId } from '../../src/crypto/master-keys.ts';
import { scrub } from '../../src/telemetry/pino-scrub.ts';

it('the id of an encryption key can be read in the log, and a key under the name of one cannot', () => {
  const key = randomBytes(32);
  const id = masterKeyId(key);
  expect(scrub(JSON.stringify({ key_id: id }))).toBe(`{"key_id":"${id}"}`);
  const secret = `${key.toString('base64url')}=`;
  expect(scrub(JSON.stringify({ key_id: secret }))).not.toContain(key.toString('base64url'));
});
