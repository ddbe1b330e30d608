#!/usr/bin/env node
// The command line: `byok --help`.
import { Command } from 'commander';
import { adoptCommand } from './cli/adopt.ts';
import { doctorCommand } from './cli/doctor.ts';
import { generateKeyCommand } from './cli/generate-key.ts';
import { keycloakSetupCommand } from './cli/keycloak-setup.ts';
import { ConfigError } from './config.ts';
import { ByokError } from './domain/errors.ts';
import { StartupProblem } from './domain/startup-problem.ts';
import { VERSION } from './version.ts';

const program = new Command('byok')
  .description('Operates the key service. Settings come from the environment, as for the service itself.')
  .version(VERSION)
  .showHelpAfterError('(byok --help lists the commands)')
  .addHelpText('after', '\nExample:\n  $ byok generate-key\n  $ node --env-file=.env $(command -v byok) doctor');

program.addCommand(generateKeyCommand());
program.addCommand(new Command('keycloak').description('Prepares Keycloak.').addCommand(keycloakSetupCommand()));
program.addCommand(adoptCommand());
program.addCommand(doctorCommand());

try {
  await program.parseAsync();
} catch (error) {
  // What an operator can act on is one sentence; anything else is a mistake of ours and keeps its stack.
  const known = error instanceof ConfigError || error instanceof StartupProblem || error instanceof ByokError;
  console.error(known ? error.message : error);
  process.exitCode = 1;
}
