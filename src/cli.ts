// The command line: `byok --help`.
import { Command } from 'commander';
import { adoptCommand } from './cli/adopt.ts';
import { doctorCommand } from './cli/doctor.ts';
import { generateKeyCommand } from './cli/generate-key.ts';
import { keycloakSetupCommand } from './cli/keycloak-setup.ts';
import { serviceTokenCommand } from './cli/service-token.ts';
import { ConfigError } from './config.ts';
import { ByokError } from './domain/errors.ts';
import { StartupProblem } from './domain/startup-problem.ts';
import { VERSION } from './version.ts';

const program = new Command('byok')
  .description('Operates the key service. Settings come from the environment, as for the service itself.')
  .version(VERSION)
  .option('--settings <file>', 'read settings from this file too; what is set already wins')
  .showHelpAfterError('(byok --help lists the commands)')
  .addHelpText('after', '\nExample:\n  $ byok generate-key\n  $ byok --settings .env doctor')
  .hook('preAction', (command) => loadSettings(command.opts<{ settings?: string }>().settings));

program.addCommand(generateKeyCommand());
program.addCommand(new Command('keycloak').description('Prepares Keycloak.').addCommand(keycloakSetupCommand()));
program.addCommand(adoptCommand());
program.addCommand(doctorCommand());
program.addCommand(serviceTokenCommand());

function loadSettings(file: string | undefined): void {
  if (file === undefined) return;
  try {
    process.loadEnvFile(file);
  } catch {
    throw new StartupProblem(`The settings file ${file} cannot be read.`);
  }
}

try {
  await program.parseAsync();
} catch (error) {
  // What an operator can act on is one sentence; anything else is a mistake of ours and keeps its stack.
  const known = error instanceof ConfigError || error instanceof StartupProblem || error instanceof ByokError;
  console.error(known ? error.message : error);
  process.exitCode = 1;
}
