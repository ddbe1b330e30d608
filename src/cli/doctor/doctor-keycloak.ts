// Doctor: Keycloak's address and certificate, our rights there, and whether the realm keeps what we store.
import { decodeJwt } from 'jose';
import type { Config, KeycloakConfig } from '../../config/config.ts';
import { createKeycloakAdmin } from '../../keycloak/keycloak-admin.ts';
import { createKeycloakConnection } from '../../keycloak/keycloak-connection.ts';
import { checkFederations } from '../../keycloak/keycloak-federations.ts';
import { checkKeycloakRealm } from '../../keycloak/keycloak-realm-check.ts';
import { realmAddress } from '../../keycloak/realm-address.ts';
import { planKeycloakSetup } from '../../keycloak/setup/keycloak-setup.ts';
import { judgeServiceToken } from '../../keycloak/trials/keycloak-service-token.ts';
import { textOf } from '../../shared/live-text.ts';
import { fail, ok, problemOf, type Result, warn } from './doctor-findings.ts';
import { askKeycloak } from './doctor-keycloak-answer.ts';
import { checkSignIn } from './doctor-sign-in.ts';

const MAX_SKEW_SECONDS = 30;

export async function* checkKeycloak(config: Config): AsyncGenerator<Result> {
  const { keycloak } = config;
  if (keycloak === undefined) {
    yield ok('not configured: this is the embedded default with its demo users');
    return;
  }
  const answers = yield* checkAddress(keycloak);
  if (answers === 'nobody') return;
  yield* checkRealm(keycloak);
  // Under another name nothing of a sign-in is believed, which has been said.
  if (answers === 'itself') yield* checkSignIn(config, keycloak);
  yield* checkClient(config, keycloak);
}

async function* checkRealm(keycloak: KeycloakConfig): AsyncGenerator<Result> {
  await using admin = createKeycloakAdmin(keycloak);
  const findings = await checkKeycloakRealm(admin, { ...keycloak, allowSelfEdit: keycloak.allowUnmanagedSelfEdit });
  if (admin.tokenSource() === undefined) {
    for (const { message } of findings) yield fail(message);
    return;
  }
  const token = await admin.accessToken();
  yield checkClock(token);
  yield admin.tokenSource() === 'service-account'
    ? ok('the service account signs in')
    : warn(
        'the service account is not usable, so the admin’s password is used: run `byok keycloak setup`, then take KEYCLOAK_ADMIN_PASSWORD away.',
      );
  if (admin.tokenSource() === 'service-account') findings.push(...judgeServiceToken(token, keycloak.clientId));
  findings.push(...(await checkFederations(admin)));
  for (const { severity, message } of findings) yield severity === 'refuse' ? fail(message) : warn(message);
  if (findings.length === 0)
    yield ok('the realm keeps every attribute, for administrators only, and our rights suffice');
}

/** Keycloak sends no Date header; a token says when it was made. */
function checkClock(token: string): Result {
  const { iat } = decodeJwt(token);
  const skewSeconds = iat === undefined ? 0 : Math.round(iat - Date.now() / 1000);
  if (Math.abs(skewSeconds) <= MAX_SKEW_SECONDS) return ok('its clock and ours agree');
  return fail(`its clock and ours differ by ${skewSeconds} s: tokens will be refused. Synchronise both with NTP.`);
}

/** @returns who answers: only then is the rest worth asking. */
async function* checkAddress(
  keycloak: KeycloakConfig,
): AsyncGenerator<Result, 'itself' | 'under another name' | 'nobody'> {
  await using connection = createKeycloakConnection(keycloak);
  try {
    const { issuer } = await askKeycloak(keycloak, connection.dispatcher);
    const expected = realmAddress(keycloak.publicUrl, keycloak.realm);
    if (issuer === expected) {
      yield ok(`answers at ${keycloak.url}`);
      return 'itself';
    }
    yield fail(
      `calls itself ${issuer}, not ${expected}: set KC_HOSTNAME there (or the frontend URL of the realm), or KEYCLOAK_PUBLIC_URL here. Nobody can sign in until they agree.`,
    );
    return 'under another name';
  } catch (error) {
    yield fail(`cannot be used at ${keycloak.url}: ${problemOf(error)}`);
    return 'nobody';
  }
}

/** Client settings can be seen with an admin's rights only; the service account has fewer. */
async function* checkClient(config: Config, keycloak: KeycloakConfig): AsyncGenerator<Result> {
  if (keycloak.admin === undefined) {
    yield ok(
      'its client settings were not looked at: set KEYCLOAK_ADMIN_USERNAME and KEYCLOAK_ADMIN_PASSWORD to have them checked',
    );
    return;
  }
  await using admin = createKeycloakAdmin({ ...keycloak, clientSecret: undefined });
  const { steps, advice } = await planKeycloakSetup(admin, {
    ...keycloak,
    clientSecret: textOf(keycloak.clientSecret),
    publicUrl: config.publicUrl,
    basePath: config.basePath,
  });
  for (const { line } of steps) yield warn(`\`byok keycloak setup\` has something to do: ${line}`);
  for (const line of advice) yield warn(line);
  if (steps.length + advice.length === 0) yield ok(`the client ${keycloak.clientId} has everything`);
}
