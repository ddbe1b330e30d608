// Doctor: whether people could sign in, as far as that can be tried without one and without an administrator.
import type { Config, KeycloakConfig } from '../../config/config.ts';
import { createKeycloakConnection } from '../../keycloak/keycloak-connection.ts';
import { trySignIn } from '../../keycloak/trials/keycloak-sign-in-trial.ts';
import { trySignatures } from '../../keycloak/trials/keycloak-signature-trial.ts';
import { textOf } from '../../shared/live-text.ts';
import { fail, ok, type Result, warn } from './doctor-findings.ts';

export async function* checkSignIn({ publicUrl, basePath }: Config, keycloak: KeycloakConfig): AsyncGenerator<Result> {
  await using connection = createKeycloakConnection(keycloak);
  const options = { ...keycloak, clientSecret: textOf(keycloak.clientSecret), dispatcher: connection.dispatcher };
  const tried = await trySignatures(options);
  for (const { kind, problem } of tried)
    if (problem !== undefined)
      yield fail(
        `the ${kind} of the client ${keycloak.clientId} ${problem}: under Advanced → Fine grain OpenID Connect configuration empty its signature algorithm or choose RS256 or ES256, and no encryption. Until then ${kind === 'ID token' ? 'nobody can sign in' : 'access tokens are refused'}.`,
      );
  if (tried.length > 0 && tried.every(({ problem }) => problem === undefined))
    yield ok(
      `its tokens are signed with ${[...new Set(tried.map(({ algorithm }) => algorithm))].join(' and ')}, and believed`,
    );
  const { outcome, message } = await trySignIn({ ...options, redirectUri: `${publicUrl}${basePath}/auth/callback` });
  yield { works: ok, refused: fail, unknown: warn }[outcome](message);
}
