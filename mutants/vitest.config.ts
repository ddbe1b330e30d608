// What Stryker runs: the in-process tests of one part, named by `npm run mutants`.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { target: 'esnext' },
  test: {
    include: (process.env.MUTANTS_TESTS ?? '').split(' '),
    exclude: ['test/**/*.server.test.ts'],
    testTimeout: 20_000,
  },
});
