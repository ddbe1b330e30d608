import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningService, startService } from '../support/running-service.ts';
import { answeredStatuses, neverSucceeded, runSchemathesis } from '../support/schemathesis.ts';
import { freePort } from '../support/servers/server-process.ts';
import { newServiceTokenFor } from '../support/service-token.ts';

describe('schemathesis on the port of internal services, with a service token', () => {
  let service: RunningService;
  beforeAll(async () => {
    // The platform's own keys, so that there is one to release for every provider that may be named.
    const systemKeys = Object.fromEntries(
      ['OPENAI', 'ANTHROPIC', 'HUGGINGFACE', 'COHERE', 'TOGETHER', 'PERPLEXITY', 'GROQ'].map((provider) => [
        `BYOK_${provider}_SYSTEM_KEY`,
        'sk-0123456789abcdef',
      ]),
    );
    service = await startService({ ...systemKeys, INTERNAL_PORT: String(await freePort()) });
  });
  afterAll(() => service?.stop());

  it('finds no error 5xx and no answer that the description does not allow, and sees every operation succeed', async () => {
    const internal = { url: service.internalUrl, logs: service.logs, app: service.internalApp };
    const token = await newServiceTokenFor(service);
    const { status, output } = await runSchemathesis(internal, { examples: 10, token });
    expect(output).toContain('Tested: ');
    expect(status, output).toBe(0);
    expect(await neverSucceeded({ ...internal, client: service.internalClient })).toEqual([]);
    const all = [...answeredStatuses(internal).values()].flatMap((statuses) => [...statuses]);
    expect(all.filter((one) => one >= 500)).toEqual([]);
  }, 150_000);
});
