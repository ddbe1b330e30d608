// What is stored must be understood for ever. The vectors are made by another implementation, which is beside them.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AuditRow, anchorOf, createAuditChain, GENESIS } from '../../src/audit/audit-chain.ts';
import { vouchedFor } from '../../src/audit/audit-rules.ts';
import { keyCheckValue, parseMasterKeys } from '../../src/crypto/key-check.ts';
import { masterKeyId } from '../../src/crypto/master-keys.ts';
import { hashOfToken, sessionIdOf } from '../../src/crypto/secret-token.ts';
import { verifyRows } from '../support/memory/audit-rows.ts';

interface Vectors {
  readonly masterKeys: readonly string[];
  readonly keyIds: readonly string[];
  readonly keyCheckValues: readonly string[];
  readonly rows: readonly (Omit<AuditRow, 'at'> & { readonly at: string })[];
  readonly anchors: readonly string[];
  readonly session: { readonly token: string; readonly hash: string; readonly id: string };
}

const vectors = JSON.parse(readFileSync('test/fixtures/stored-formats/vectors.json', 'utf8')) as Vectors;
const masterKeys = parseMasterKeys(vectors.masterKeys);
const chain = createAuditChain(masterKeys);
const rows = vectors.rows.map((row): AuditRow => ({ ...row, at: new Date(row.at) }));

describe('what is stored is, byte for byte, what it was', () => {
  it('names and check values of master keys', () => {
    expect(masterKeys.map(masterKeyId)).toEqual(vectors.keyIds);
    expect(masterKeys.map(keyCheckValue)).toEqual(vectors.keyCheckValues);
  });

  it('rows of the audit log, what other keys say to them, and their anchors', () => {
    for (const [index, row] of rows.entries()) {
      const head = rows[index - 1] ?? GENESIS;
      expect(chain.extend(head, row, row.at, row.keyId)).toEqual(row);
      const { vouched, ...details } = row.details ?? {};
      if (vouched === undefined) continue;
      const [old = ''] = vectors.keyIds;
      expect(vouchedFor(chain, head, { action: row.action, details, vouchers: [old] })).toEqual(row.details);
    }
    expect(rows.map(anchorOf)).toEqual(vectors.anchors);
    expect(verifyRows(rows, { chain })).toMatchObject({ firstBad: undefined, restores: [{ seq: 5, after: 3, to: 9 }] });
  });

  it('the hash under which a session is kept, and its handle', () => {
    const { token, hash, id } = vectors.session;
    expect(hashOfToken(token)).toBe(hash);
    expect(sessionIdOf(hash)).toBe(id);
  });
});
