// What every refusal of the service has to look like, whatever was wrong.
import { expect } from 'vitest';
import type { Reply } from './api-client.ts';

/** RFC 9457, and old clients show `detail`: one sentence in a string. */
export function expectProblem(reply: Reply, status: number, code: string): void {
  expect({ status: reply.status, body: reply.body }).toEqual({
    status,
    body: expect.objectContaining({
      type: `urn:byok:error:${code}`,
      title: expect.stringMatching(/\w/),
      status,
      code,
      detail: expect.stringMatching(/^[^\n]{8,400}$/),
      request_id: expect.stringMatching(/^[0-9a-z-]+$/),
    }),
  });
  expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(reply.headers['cache-control']).toBe('no-store');
  expect(reply.headers['x-request-id']).toBe((reply.body as { request_id: string }).request_id);
  if (status === 503 || status === 429) expect(reply.headers['retry-after']).toMatch(/^[1-9]\d*$/);
}
