// The command line: `byok --help`.
import { runByok } from './cli/run-byok.ts';

await runByok();
