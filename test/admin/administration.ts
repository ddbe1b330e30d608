// The service with somebody who administers it, and what they look at in tests.
import { API, type Reply } from '../support/service/api-client.ts';
import { demoClient, startService } from '../support/service/running-service.ts';

export interface Users {
  readonly items: { readonly id: string; readonly email: string }[];
  readonly next_cursor: string | null;
}
export interface Row {
  readonly action: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly provider: string | null;
  readonly subject: string | null;
  readonly details: object | null;
}

export type Administration = Awaited<ReturnType<typeof startAdministration>>;

export async function startAdministration() {
  const service = await startService({ CACHE_TTL_SECONDS: '1' });
  const admin = await demoClient(service, 'enterprise');

  const find = (query: string, more = ''): Promise<Reply> =>
    admin.get(`${API}/admin/users?query=${encodeURIComponent(query)}${more}`);
  const idOf = async (tier: string): Promise<string> =>
    ((await find(`${tier}@`)).body as Users).items[0]?.id ?? 'nobody';
  /** Newest first, without the looks at the log itself. */
  const rows = async (action: string): Promise<Row[]> => {
    const { items } = (await admin.get(`${API}/admin/audit?limit=200&action=${action}`)).body as { items: Row[] };
    return items.filter(({ details }) => !JSON.stringify(details).includes('audit'));
  };
  return { service, admin, find, idOf, rows };
}
