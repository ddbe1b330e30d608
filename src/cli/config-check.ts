// `byok config check`: what a start would refuse, before anything is replaced.
import { Command } from 'commander';
import { checkConfig } from '../config/check-config.ts';

const HELP = `
It reads what the service would read, variables and files, and asks nothing outside this machine: doctor does that.
Variables that look like settings of the service but are not are problems too. No value of a secret is printed.

Example:
  $ byok config check
  $ byok --settings .env config check
  $ docker run --rm --env-file service.env ops-center-byok:new byok config check`;

export function configCheckCommand(): Command {
  return new Command('check')
    .description(
      'Checks every setting and every file that settings name, and says all problems at once. Exit status 1 then.',
    )
    .option('--json', 'print the findings as JSON', false)
    .addHelpText('after', HELP)
    .action(({ json }: { json: boolean }) => {
      const { findings } = checkConfig(process.env);
      const problems = findings.filter(({ level }) => level === 'fail').length;
      if (json) console.log(JSON.stringify(findings, null, 2));
      else {
        for (const { level, message } of findings)
          console.log(`${level === 'fail' ? '✗' : '!'} ${/[.?]$/.test(message) ? message : `${message}.`}`);
        console.log(problems === 0 ? 'The service would start with these settings.' : `${problems} to fix (✗).`);
      }
      if (problems > 0) process.exitCode = 1;
    });
}
