// `npm test`.
import { runTests } from './run-tests.ts';

const HELP = `Runs all tests, or those whose file path contains one of the given words.

  npm test                                     everything; starts Keycloak, PostgreSQL and Redis by itself
  npm test -- fernet                           only files with "fernet" in their path
  npm test -- --project unit                   only tests that need no servers
  npm test -- fernet -t "refuses a short key"  only tests with that in their title
  npm test -- --slowest                        and at the end, what each folder and the slowest files cost

The first run fetches and builds what is missing, into ~/.cache/ops-center-byok (BYOK_TEST_CACHE moves it), which takes
some minutes. --slowest sorts by processor time: time on the clock depends on what else the machine does. It is that of
the worker and of the programs that a file started and that have ended, with set-up and tear-down. The shared servers say
what they took when they stop, where the system tells (Linux does). Other options go to vitest as they are:
npx vitest --help. The last line says: N passed, N failed.`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) console.log(HELP);
else process.exitCode = await runTests(args);
