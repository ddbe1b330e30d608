// Two projects: `unit` needs nothing but Node, `servers` (*.server.test.ts) runs against real servers, started once per run.
// `npx vitest run --project unit` is the quick one.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Nothing is rewritten for older engines: tests run what the server runs, `using` included.
  oxc: { target: 'esnext' },
  test: {
    // Three workers on two cores: while one waits (for a server, a time limit, a browser), two work.
    maxWorkers: 3,
    // Files share a worker's modules, which take a second or two to load. What a test changes of its process, it puts back.
    isolate: false,
    // These only end what hangs.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 15_000 } },
    setupFiles: ['test/support/file-cost.ts'],
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
