// `byok generate-key`: a new ENCRYPTION_KEY.
import { randomBytes } from 'node:crypto';
import { Command } from 'commander';

export function generateKeyCommand(): Command {
  return new Command('generate-key')
    .description('Prints a new ENCRYPTION_KEY: 32 random bytes, as Python’s Fernet.generate_key() makes them.')
    .addHelpText(
      'after',
      '\nExample:\n  $ byok generate-key\n\nPut it into the environment of the service as ENCRYPTION_KEY, and back it up: without it, every stored key is lost.',
    )
    .action(() => {
      console.log(`${randomBytes(32).toString('base64url')}=`);
    });
}
