// What the clients of a run do with keys.
import { Agent, request } from 'undici';
import type { Person } from './cluster.ts';
import type { Replica } from './replica.ts';

export const PROVIDERS = ['openai', 'anthropic', 'huggingface', 'cohere', 'together', 'perplexity', 'groq'] as const;
const API = '/api/v1/byok/keys';
/** Longer than any fault lasts. */
const PATIENCE_MS = 30_000;

export interface Listed {
  readonly status: number;
  /** From memory, while Keycloak is away. */
  readonly stale: boolean;
  /** Labels by provider. */
  readonly labels: ReadonlyMap<string, string>;
}

export interface KeyClient {
  /** @returns the status; 0 where no answer came. */
  add(replica: Replica, person: Person, provider: string, label: string): Promise<number>;
  remove(replica: Replica, person: Person, provider: string): Promise<number>;
  /** @param fresh past every cache. */
  list(replica: Replica, person: Person, fresh: boolean): Promise<Listed>;
  close(): Promise<void>;
}

export function createKeyClient(): KeyClient {
  const agent = new Agent({ connections: 32, headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
  const call = async (method: 'GET' | 'POST' | 'DELETE', url: string, person: Person, extra: object = {}) => {
    try {
      const answer = await request(url, {
        method,
        dispatcher: agent,
        ...extra,
        headers: { authorization: `Bearer ${person.token}`, ...('headers' in extra ? (extra.headers as object) : {}) },
      });
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    } catch {
      return { status: 0, headers: {}, text: '' };
    }
  };
  return {
    async add(replica, person, provider, label) {
      const body = JSON.stringify({ provider, label, key: `sk-${label}-0123456789abcdef` });
      const headers = { 'content-type': 'application/json' };
      return (await call('POST', `${replica.url}${API}/add`, person, { body, headers })).status;
    },
    async remove(replica, person, provider) {
      return (await call('DELETE', `${replica.url}${API}/${provider}`, person)).status;
    },
    async list(replica, person, fresh) {
      const extra = fresh ? { headers: { 'cache-control': 'no-cache' } } : {};
      const { status, headers, text } = await call('GET', `${replica.url}${API}`, person, extra);
      const items = status === 200 ? (JSON.parse(text) as { provider: string; label: string }[]) : [];
      return {
        status,
        stale: 'x-byok-stale' in headers,
        labels: new Map(items.map(({ provider, label }) => [provider, label])),
      };
    },
    close: () => agent.destroy(),
  };
}
