// Two projects: `unit` needs nothing but Node, `servers` (*.server.test.ts) runs against real servers, started once per run.
// `npx vitest run --project unit` is the quick one.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Two cores carry two workers beside the servers. The time limits only end what hangs.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/**/*.server.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/**/*.server.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
});
