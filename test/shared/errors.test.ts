import { describe, expect, it } from 'vitest';
import { ByokError, ERRORS, type ErrorCode } from '../../src/shared/errors.ts';

const rows = Object.entries(ERRORS) as [ErrorCode, (typeof ERRORS)[ErrorCode]][];

describe('the catalogue of errors', () => {
  it.each(rows)('%s has a status that says whose fault it is, a title and words for the person', (code, row) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(row.status).toBeGreaterThanOrEqual(400);
    expect(row.status).toBeLessThan(504);
    expect(row.title).toMatch(/^[A-Z]/);
    expect(row.detail).toMatch(/^[A-Z]/);
  });

  it('tells the caller of every 503 when to come back', () => {
    for (const [code, row] of rows) expect('retryAfter' in row, code).toBe(row.status === 503);
  });

  it('keeps the sentences that old clients know', () => {
    expect(new ByokError('not_authenticated')).toMatchObject({ status: 401, detail: 'Not authenticated' });
    expect(new ByokError('invalid_provider')).toMatchObject({ status: 400, detail: 'Invalid provider' });
  });
});

describe('an error of the catalogue', () => {
  it('answers with the catalogue’s words unless it has its own', () => {
    const { status, title, detail, retryAfter } = ERRORS.directory_unavailable;
    expect(new ByokError('directory_unavailable')).toMatchObject({
      status,
      title,
      detail,
      retryAfter,
      extras: {},
      message: detail,
    });
    const own = new ByokError('rate_limited', { detail: 'Wait a minute.', retryAfter: 60, extras: { limit: 20 } });
    expect(own).toMatchObject({
      status: 429,
      detail: 'Wait a minute.',
      retryAfter: 60,
      extras: { limit: 20 },
      message: 'Wait a minute.',
    });
  });

  it('keeps the reason for the log apart from the words for the person', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new ByokError('directory_unavailable', { reason: 'GET /users timed out', cause });
    expect(error.message).toBe('GET /users timed out');
    expect(error.detail).toBe(ERRORS.directory_unavailable.detail);
    expect(error.cause).toBe(cause);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('ByokError');
    expect('cause' in new ByokError('internal')).toBe(false);
  });
});
