import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sized } from '../support/proof.ts';
import { freePort } from '../support/servers/server-process.ts';
import { type RunningService, startService } from '../support/service/running-service.ts';
import { answeredStatuses, neverSucceeded, runSchemathesis } from '../support/service/schemathesis.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';

describe('schemathesis on the port of internal services, with a service token', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({
      BYOK_OPENAI_SYSTEM_KEY: 'sk-0123456789abcdef',
      INTERNAL_PORT: String(await freePort()),
    });
  });
  afterAll(() => service?.stop());

  it('finds no error 5xx and no answer that the description does not allow, and sees every operation succeed', async () => {
    const internal = { url: service.internalUrl, logs: service.logs, app: service.internalApp };
    const token = await newServiceTokenFor(service);
    // What nobody makes up: somebody for whom there is a key.
    const somebody = { user: { email: 'starter@example.com' }, preferred: 'groq', system_fallback: true };
    expect((await service.serviceClient(token).post('/keys/resolve', somebody)).status).toBe(200);
    const { status, output } = await runSchemathesis(internal, { examples: sized({ sample: 3, proof: 40 }), token });
    expect(output).toContain('Tested: ');
    expect(status, output).toBe(0);
    expect(await neverSucceeded({ ...internal, client: service.internalClient })).toEqual([]);
    const all = [...answeredStatuses(internal).values()].flatMap((statuses) => [...statuses]);
    expect(all.filter((one) => one >= 500)).toEqual([]);
  }, 900_000);
});
