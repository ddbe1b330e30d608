// Rows of the audit log as its routes give them.
import { API, type ApiClient } from '../support/service/api-client.ts';

export interface Row {
  readonly seq: number;
  readonly action: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly provider: string | null;
  readonly actor: { readonly kind: string; readonly id: string | null };
  readonly subject: string | null;
  readonly address: string | null;
  readonly request_id: string | null;
  readonly details: object | null;
}
export interface Page {
  readonly items: Row[];
  readonly next_cursor: string | null;
}

/** What a client sees of its own rows, newest first. */
export const own = async (client: ApiClient, query = ''): Promise<Row[]> =>
  ((await client.get(`${API}/audit?limit=200${query}`)).body as Page).items;
export const idOf = async (client: ApiClient): Promise<string> =>
  ((await client.get('/auth/me')).body as { id: string }).id;
