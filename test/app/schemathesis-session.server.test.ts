import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sized } from '../support/proof.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { freePort } from '../support/servers/server-process.ts';
import { type RunningService, startService } from '../support/service/running-service.ts';
import { answeredStatuses, neverSucceeded, runSchemathesis } from '../support/service/schemathesis.ts';

describe('schemathesis on the embedded default, signed in with sessions', () => {
  let fakes: FakeProviders;
  let service: RunningService;
  beforeAll(async () => {
    fakes = await startFakeProviders();
    service = await startService({ ...providerEnv(fakes), INTERNAL_PORT: String(await freePort()) });
  });
  afterAll(async () => {
    await service?.stop();
    await fakes?.close();
  });

  it('finds no error 5xx and no answer that the description does not allow, and sees every operation succeed', async () => {
    const { status, output } = await runSchemathesis(service, { examples: sized({ sample: 2, proof: 20 }) });
    expect(output).toContain('Tested: ');
    expect(status, output).toBe(0);
    expect(await neverSucceeded(service)).toEqual([]);
    const all = [...answeredStatuses(service).values()].flatMap((statuses) => [...statuses]);
    expect(all.filter((one) => one >= 500)).toEqual([]);
  }, 900_000);
});
