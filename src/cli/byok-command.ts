// The command `byok` with all its commands, before anybody has given it arguments.
import { Command } from 'commander';
import { StartupProblem } from '../shared/errors.ts';
import { VERSION } from '../shared/version.ts';
import { adoptCommand } from './adopt.ts';
import { auditCommand } from './audit.ts';
import { configCheckCommand } from './config-check.ts';
import { doctorCommand } from './doctor/doctor.ts';
import { eraseUserCommand } from './erase-user.ts';
import { generateKeyCommand } from './generate-key.ts';
import { keycloakSetupCommand } from './keycloak-setup.ts';
import { migrateCommand } from './migrate.ts';
import { reconcileCommand } from './reconcile.ts';
import { serviceTokenCommand } from './service-token.ts';

export function byokCommand(): Command {
  const program = new Command('byok')
    .description('Operates the key service. Settings come from the environment, as for the service itself.')
    .version(VERSION)
    .option('--settings <file>', 'read settings from this file too; what is set already wins')
    .showHelpAfterError('(byok --help lists the commands)')
    .addHelpText('after', '\nExample:\n  $ byok generate-key\n  $ byok --settings .env doctor')
    .hook('preAction', (command) => loadSettings(command.opts<{ settings?: string }>().settings));
  program.addCommand(generateKeyCommand());
  program.addCommand(new Command('keycloak').description('Prepares Keycloak.').addCommand(keycloakSetupCommand()));
  program.addCommand(new Command('config').description('Checks settings.').addCommand(configCheckCommand()));
  program.addCommand(adoptCommand());
  program.addCommand(auditCommand());
  program.addCommand(doctorCommand());
  program.addCommand(eraseUserCommand());
  program.addCommand(migrateCommand());
  program.addCommand(reconcileCommand());
  program.addCommand(serviceTokenCommand());
  return program;
}

function loadSettings(file: string | undefined): void {
  if (file === undefined) return;
  try {
    process.loadEnvFile(file);
  } catch {
    throw new StartupProblem(`The settings file ${file} cannot be read.`);
  }
}
