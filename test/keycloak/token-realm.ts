// A realm with a person and a client for password grants, and verifiers of the tokens that it issues.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { inject } from 'vitest';
import { ALGORITHMS } from '../../src/keycloak/keycloak-discovery.ts';
import { createKeycloakFetch, type KeycloakFetch } from '../../src/keycloak/keycloak-fetch.ts';
import { createKeycloakTokens } from '../../src/keycloak/keycloak-tokens.ts';
import { type ConfidentialClient, createRealm, type TestRealm } from '../support/keycloak/realm.ts';
import { startTcpProxy } from '../support/programs/tcp-proxy.ts';
import { requestToken } from '../support/servers/keycloak-admin-api.ts';
import { EMAIL, PASSWORD } from '../support/service/sign-in-service.ts';

type Tokens = Record<'access_token' | 'id_token' | 'refresh_token', string>;

type VerifierOptions = Partial<Omit<Parameters<typeof createKeycloakTokens>[0], 'realm'>> & {
  issuer?: string;
  jwksUrl?: string;
};

export type TokenRealm = Awaited<ReturnType<typeof openTokenRealm>>;

export async function openTokenRealm() {
  const dispatcher = new Agent();
  const realm = await createRealm(inject('keycloak'), {
    settings: { accessTokenLifespan: 3600, ssoSessionIdleTimeout: 7200 },
  });
  const passwordClient = (attributes: Record<string, string> = {}) =>
    realm.createConfidentialClient({ settings: { directAccessGrantsEnabled: true, attributes } });
  const client = await passwordClient();
  const userId = await realm.createUser({ email: EMAIL, password: PASSWORD, firstName: 'Ada', lastName: 'Example' });
  const certificates = `${realm.url}/protocol/openid-connect/certs`;

  /** Counts the calls that the verification makes. */
  function countingFetch() {
    const fetch = createKeycloakFetch({ dispatcher, timeoutMs: 10_000 });
    const counter = { calls: 0 };
    const counting: KeycloakFetch = (...args) => {
      counter.calls += 1;
      return fetch(...args);
    };
    return { counter, fetch: counting };
  }

  function verifier(options: VerifierOptions = {}) {
    const {
      clientId = client.clientId,
      issuer = realm.url,
      fetch = countingFetch().fetch,
      jwksUrl = certificates,
      allowedClients = [],
      onRefusedClient = () => undefined,
    } = options;
    return createKeycloakTokens({
      clientId,
      fetch,
      allowedClients,
      onRefusedClient,
      realm: async () => ({ issuer, jwks: jwksUrl, algorithms: ALGORITHMS }),
    });
  }

  /** A verifier that reads the realm's keys through a proxy that the test can cut. */
  async function behindProxy() {
    const { hostname, port } = new URL(realm.url);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    return { proxy, check: verifier({ jwksUrl: certificates.replace(`:${port}/`, `:${proxy.port}/`) }) };
  }

  /** Signs the person out and waits for the token that Keycloak sends to the client. */
  async function logoutToken(attributes: Record<string, string> = {}) {
    const received = await receiveForm();
    const by = await passwordClient({
      'backchannel.logout.url': received.url,
      'backchannel.logout.session.required': 'true',
      ...attributes,
    });
    await signIn(realm, by);
    await realm.admin('POST', `/users/${userId}/logout`);
    return { token: (await received.form).get('logout_token') ?? '', by };
  }

  return {
    realm,
    client,
    userId,
    certificates,
    tokens: await signIn(realm, client),
    signIn: (by: ConfidentialClient) => signIn(realm, by),
    passwordClient,
    countingFetch,
    verifier,
    behindProxy,
    logoutToken,
    close: () => dispatcher.destroy(),
  };
}

async function signIn(realm: TestRealm, by: ConfidentialClient): Promise<Tokens> {
  return (await requestToken(realm.url, {
    grant_type: 'password',
    client_id: by.clientId,
    client_secret: by.clientSecret,
    username: EMAIL,
    password: PASSWORD,
    scope: 'openid',
  })) as Tokens;
}

/** A listener for one form; it closes once the form has come. */
async function receiveForm() {
  const received = Promise.withResolvers<URLSearchParams>();
  const listener = createServer(async (call, response) => {
    const body = Buffer.concat(await call.toArray()).toString();
    response.end();
    listener.close();
    received.resolve(new URLSearchParams(body));
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`, form: received.promise };
}
