import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOKEN } from '../support/service/metrics.ts';
import { PUBLIC, readable, routesOpenToAnyone } from '../support/service/route-walk.ts';
import { type RunningService, startService } from '../support/service/running-service.ts';

describe('a walk over every registered route of the embedded default', () => {
  let service: RunningService;
  beforeAll(async () => {
    // With every route that a setting opens.
    service = await startService({ METRICS_TOKEN: TOKEN });
  });
  afterAll(() => service?.stop());

  it('shows that none answers without credentials except those meant to', async () => {
    expect(service.app.registeredRoutes.length).toBeGreaterThan(40);
    expect(service.app.registeredRoutes.map(({ url }) => url)).toContain('/metrics');
    expect(await routesOpenToAnyone(service)).toEqual(
      [...PUBLIC, ...readable('/auth/login'), 'POST /auth/demo'].sort(),
    );
  });
});
