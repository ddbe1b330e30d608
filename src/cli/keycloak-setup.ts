// `byok keycloak setup`: makes a realm ready. Safe to run again; with --dry-run it only says what it would do.
import { Command } from 'commander';
import { createKeycloakAdmin } from '../keycloak/keycloak-admin.ts';
import { planKeycloakSetup, type SetupOptions, type SetupPlan } from '../keycloak/setup/keycloak-setup.ts';
import { ByokError, StartupProblem } from '../shared/errors.ts';
import { pickVariables } from './pick-variables.ts';

interface SetupCommandDeps {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Takes one line for standard output. */
  readonly print?: (line: string) => void;
}

const HELP = `
Settings: KEYCLOAK_URL, KEYCLOAK_ADMIN_USERNAME and KEYCLOAK_ADMIN_PASSWORD (an admin of realm master), KEYCLOAK_REALM,
KEYCLOAK_CLIENT_ID, KEYCLOAK_CA_FILE, PUBLIC_URL, BASE_PATH. With KEYCLOAK_CLIENT_SECRET a new client gets that secret;
without it, the command makes one and prints it once.

Example:
  $ export KEYCLOAK_URL=https://auth.example.com KEYCLOAK_REALM=uchub PUBLIC_URL=https://ops.example.com
  $ read -rs KEYCLOAK_ADMIN_PASSWORD && export KEYCLOAK_ADMIN_PASSWORD KEYCLOAK_ADMIN_USERNAME=admin
  $ byok keycloak setup --dry-run
  $ byok keycloak setup`;

/** @throws ConfigError, StartupProblem: with a sentence for the operator. */
export function keycloakSetupCommand({ env = process.env, print = console.log }: SetupCommandDeps = {}): Command {
  return new Command('setup')
    .description(
      'Declares the attributes that keys and tiers are stored in, for administrators only, and creates the client with its roles. A client that it did not create it leaves as it is, and says what is missing.',
    )
    .option('--dry-run', 'say what would be changed, and change nothing', false)
    .addHelpText('after', HELP)
    .action(({ dryRun }: { dryRun: boolean }) => setUp(readSettings(env), dryRun, print));
}

function readSettings(env: Readonly<Record<string, string | undefined>>) {
  const values = pickVariables(
    env,
    [
      'KEYCLOAK_URL',
      'KEYCLOAK_REALM',
      'KEYCLOAK_CLIENT_ID',
      'KEYCLOAK_CLIENT_SECRET',
      'KEYCLOAK_ADMIN_USERNAME',
      'KEYCLOAK_ADMIN_PASSWORD',
      'KEYCLOAK_CA_FILE',
      'KEYCLOAK_TIMEOUT_SECONDS',
      'PUBLIC_URL',
      'BASE_PATH',
      'PORT',
      'TLS_CERT_FILE',
    ],
    {
      KEYCLOAK_URL: 'the address of Keycloak, such as https://auth.example.com',
      KEYCLOAK_ADMIN_USERNAME: 'set-up signs in as an admin of realm master',
      KEYCLOAK_ADMIN_PASSWORD: 'set-up signs in as an admin of realm master',
    },
  );
  const scheme = values.TLS_CERT_FILE === undefined ? 'http' : 'https';
  return {
    url: withoutSlash(values.KEYCLOAK_URL ?? ''),
    realm: values.KEYCLOAK_REALM ?? '',
    clientId: values.KEYCLOAK_CLIENT_ID ?? '',
    clientSecret: values.KEYCLOAK_CLIENT_SECRET,
    admin: { username: values.KEYCLOAK_ADMIN_USERNAME ?? '', password: values.KEYCLOAK_ADMIN_PASSWORD ?? '' },
    caFile: values.KEYCLOAK_CA_FILE,
    timeoutMs: (values.KEYCLOAK_TIMEOUT_SECONDS ?? 5) * 1000,
    publicUrl: withoutSlash(values.PUBLIC_URL ?? `${scheme}://localhost:${values.PORT}`),
    basePath: values.BASE_PATH ?? '',
  } satisfies SetupOptions & Record<string, unknown>;
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

async function setUp(
  settings: ReturnType<typeof readSettings>,
  dryRun: boolean,
  print: (line: string) => void,
): Promise<void> {
  // The admin's rights, never those of the service account: that has, or will have, fewer.
  await using admin = createKeycloakAdmin({ ...settings, clientSecret: undefined });
  let done = 0;
  try {
    const plan = await planKeycloakSetup(admin, settings);
    print(`Realm ${settings.realm} at ${settings.url}, client ${settings.clientId}`);
    if (plan.steps.length === 0) print('Nothing to change.');
    else if (dryRun) print('Dry run: nothing is changed. To do:');
    for (const step of plan.steps) {
      if (!dryRun) await step.apply();
      print(`+ ${step.line}`);
      done += 1;
    }
    if (!dryRun && done > 0) print(`Done: ${count(done, 'change')} made.`);
    report(plan, dryRun, print);
  } catch (error) {
    throw error instanceof ByokError ? new StartupProblem(explain(error.message, settings, done)) : error;
  }
}

function report({ newSecret, advice }: SetupPlan, dryRun: boolean, print: (line: string) => void): void {
  if (newSecret !== undefined && !dryRun) {
    print('The new client’s secret, shown this once. Put it into the environment of the service:');
    print(`KEYCLOAK_CLIENT_SECRET=${newSecret}`);
  }
  if (advice.length > 0) print('Left for you:');
  for (const line of advice) print(line.startsWith(' ') ? line : `- ${line}`);
}

function explain(reason: string, { url, realm, admin }: ReturnType<typeof readSettings>, done: number): string {
  if (reason.includes('Realm not found'))
    return `There is no realm ${realm} at ${url}: create it in the admin console, or set KEYCLOAK_REALM.`;
  const so = done === 0 ? 'Nothing was changed.' : `${count(done, 'change')} made so far; run the command again.`;
  return `Set-up stopped: ${reason}. ${so} Keycloak has to be reachable at ${url}, and KEYCLOAK_ADMIN_USERNAME (${admin.username}) has to be an admin of realm master who may manage the realm ${realm}.`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
