// What both clients are tried against: the whole service on real servers, people with and without keys, and a Keycloak client
// with the roles of an internal service.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import type { TestRealm } from '../support/keycloak/realm.ts';
import { runCommand } from '../support/servers/run-command.ts';
import { freePort } from '../support/servers/server-process.ts';
import { API } from '../support/service/api-client.ts';

export const KEY = 'sk-the-owners-own-key-0123456789';
export const ENDPOINT = 'https://llm.example.com/v1';
export const SYSTEM_KEYS = {
  OPENAI_API_KEY: 'sk-system-openai',
  ANTHROPIC_API_KEY: 'sk-ant-system',
  HUGGINGFACE_TOKEN: 'hf_system',
};
const ROLES = ['byok-resolve', 'byok-usage', 'byok-tier'];

export interface ClientWorld {
  /** Has a key for openai, with an endpoint. */
  readonly owner: Person;
  /** Has none. */
  readonly other: Person;
  /** The account is disabled. */
  readonly disabled: Person;
  /** What an internal service finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The service is gone; Keycloak is still there. */
  stopService(): Promise<void>;
  /** Everything is gone. */
  stop(): Promise<void>;
}

export async function startClientWorld(): Promise<ClientWorld> {
  const internalPort = await freePort();
  const service = await startKeycloakService({ env: { INTERNAL_PORT: String(internalPort) } });
  const { realm } = service;
  const { clientId, clientSecret } = await realm.createConfidentialClient();
  await grantRoles(realm, clientId);
  const [owner, other, disabled] = await Promise.all([
    personWithKey(service),
    service.newPerson(),
    service.newPerson(),
  ]);
  const { body } = await realm.admin('GET', `/users/${disabled.id}`);
  await realm.putUser(disabled.id, { ...(body as object), enabled: false });
  const env = {
    BYOK_INTERNAL_URL: `http://127.0.0.1:${internalPort}`,
    BYOK_SERVICE_TOKEN: '',
    BYOK_TOKEN_URL: `${realm.url}/protocol/openid-connect/token`,
    BYOK_CLIENT_ID: clientId,
    BYOK_CLIENT_SECRET: clientSecret,
    // Nobody listens there: whoever asks a proxy for the key service is told so.
    HTTP_PROXY: 'http://127.0.0.1:9',
    TOGETHER_API_KEY: '',
    GROQ_API_KEY: '',
    ...SYSTEM_KEYS,
  };
  const stopService = async (): Promise<void> => {
    await Promise.all([service.app.close(), service.internalApp.close()]);
  };
  return { owner, other, disabled, env, stopService, stop: () => service.stop() };
}

async function personWithKey(service: KeycloakService): Promise<Person> {
  const person = await service.newPerson();
  const client = await service.platformClient({ email: person.email, sub: person.id });
  const reply = await client.post(`${API}/keys/add`, { provider: 'openai', key: KEY, endpoint: ENDPOINT });
  if (reply.status !== 200) throw new Error(`adding a key answered ${reply.status}: ${reply.text}`);
  return person;
}

async function grantRoles(realm: TestRealm, clientId: string): Promise<void> {
  const idOf = async (name: string) =>
    ((await realm.admin('GET', `/clients?clientId=${name}`)).body as { id: string }[])[0]?.id;
  const service = await idOf('ops-center');
  const { id } = (await realm.admin('GET', `/clients/${await idOf(clientId)}/service-account-user`)).body as {
    id: string;
  };
  const roles = ROLES.map(async (role) => (await realm.admin('GET', `/clients/${service}/roles/${role}`)).body);
  await realm.admin('POST', `/users/${id}/role-mappings/clients/${service}`, await Promise.all(roles));
}

const PYTHON_CLIENT = join(import.meta.dirname, '..', '..', 'clients', 'python');

/** Builds the Python client and installs it, alone, in a folder inside `folder`: what PYTHONPATH is to name. */
export async function installPythonClient(folder: string): Promise<string> {
  const target = join(folder, 'installed');
  const source = join(folder, 'source');
  await mkdir(source);
  // Building writes beside the sources.
  await runCommand('cp', ['-r', `${PYTHON_CLIENT}/.`, source]);
  const offline = ['--no-index', '--no-deps', '--no-build-isolation', '--disable-pip-version-check'];
  await runCommand(inject('python'), ['-m', 'pip', 'install', '--quiet', ...offline, '--target', target, source]);
  return target;
}

/** Runs the Python client's tests in that file or folder on the installed package; rejects with what pytest printed. */
export async function runPytest(
  installed: string,
  path: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ passed: number }> {
  const printed = await runCommand(
    inject('python'),
    ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-c', join(PYTHON_CLIENT, 'pyproject.toml'), join('tests', path)],
    { cwd: PYTHON_CLIENT, env: { ...process.env, PYTHONPATH: installed, PYTHONDONTWRITEBYTECODE: '1', ...env } },
  );
  const [, passed] = /^(\d+) passed in/m.exec(printed) ?? [];
  if (passed === undefined) throw new Error(`pytest did not say that all passed: ${printed}`);
  return { passed: Number(passed) };
}
