// The embedded default with a system key and a person with a key of their own, and a service that may do everything.
import { API, type ApiClient } from './api-client.ts';
import { demoClient, type RunningService, startService } from './running-service.ts';
import { newServiceTokenFor } from './service-token.ts';

export const KEY = 'sk-0123456789abcdef';
export const SYSTEM_KEY = 'sk-system-0123456789';
export const STARTER = { email: 'starter@example.com' };

export interface InternalService {
  readonly service: RunningService;
  /** The starter, who has a key for openai. */
  readonly person: ApiClient;
  /** A service with every scope. */
  readonly all: ApiClient;
}

export async function startInternalService(): Promise<InternalService> {
  const service = await startService({ BYOK_OPENAI_SYSTEM_KEY: SYSTEM_KEY });
  const person = await demoClient(service);
  const all = service.serviceClient(await newServiceTokenFor(service));
  await person.post(`${API}/keys/add`, { provider: 'openai', key: KEY });
  return { service, person, all };
}
