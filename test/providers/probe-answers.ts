// Answers as a test writes them, and who gave them.
import type { Asked, ProbeAnswer } from '../../src/providers/probe-reading.ts';
import { PROVIDERS } from '../../src/providers/provider-table.ts';

export const asked = (id: string): Asked => {
  const provider = PROVIDERS.get(id);
  if (provider === undefined) throw new TypeError(`no provider ${id}`);
  return { name: 'X', row: provider.probe, host: id === 'custom' ? 'endpoint' : 'provider' };
};
export const answer = (
  statusCode: number,
  body: unknown,
  { truncated = false, contentType = 'application/json' }: { truncated?: boolean; contentType?: string } = {},
): ProbeAnswer => ({
  statusCode,
  contentType,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  truncated,
});
