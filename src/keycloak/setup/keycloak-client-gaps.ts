// What a Keycloak client lacks to serve as ours, how a person adds it, and the change that does it.
import { z } from 'zod';
import { signatureGaps } from './keycloak-signature-gaps.ts';

const mapperShape = z.looseObject({
  name: z.string(),
  protocolMapper: z.string(),
  config: z.record(z.string(), z.string()).default({}),
});

/** The fields of Keycloak's client representation that are looked at; the others travel along. */
export const clientShape = z.looseObject({
  id: z.string().min(1),
  clientId: z.string(),
  enabled: z.boolean().default(false),
  publicClient: z.boolean().default(false),
  bearerOnly: z.boolean().default(false),
  standardFlowEnabled: z.boolean().default(false),
  implicitFlowEnabled: z.boolean().default(false),
  directAccessGrantsEnabled: z.boolean().default(false),
  serviceAccountsEnabled: z.boolean().default(false),
  frontchannelLogout: z.boolean().default(false),
  rootUrl: z.string().optional(),
  redirectUris: z.array(z.string()).default([]),
  attributes: z.record(z.string(), z.string()).default({}),
  protocolMappers: z.array(mapperShape).default([]),
  defaultClientScopes: z.array(z.string()).default([]),
});

export type KeycloakClient = z.output<typeof clientShape>;

/** Where the service is, as browsers and Keycloak see it. */
export interface ClientAddresses {
  readonly homeUrl: string;
  readonly redirectUri: string;
  /** With a `*` at the end. */
  readonly postLogoutUri: string;
  readonly backchannelLogoutUrl: string;
}

export interface ClientGap {
  /** What is wrong, as a sentence without a full stop. */
  readonly what: string;
  /** What a person does about it in the admin console. */
  readonly how: string;
  readonly fix: (client: KeycloakClient) => KeycloakClient;
}

export const CREATED_BY_US = 'byok.managed';
const PKCE = 'pkce.code.challenge.method';
const POST_LOGOUT = 'post.logout.redirect.uris';
const BACKCHANNEL = 'backchannel.logout.url';
const BACKCHANNEL_SESSION = 'backchannel.logout.session.required';

export const isOurs = (client: KeycloakClient): boolean => client.attributes[CREATED_BY_US] === 'true';

/** Everything that the client needs and lacks. */
export function clientGaps(client: KeycloakClient, addresses: ClientAddresses): ClientGap[] {
  return [
    ...signInGaps(client, addresses.redirectUri),
    ...signOutGaps(client, addresses),
    ...mapperGaps(client),
    ...signatureGaps(client),
    ...flag(
      client.serviceAccountsEnabled,
      'It has no service account, with which the key service reads and writes users',
      'Settings → Capability config: tick Service accounts roles',
      { serviceAccountsEnabled: true },
    ),
  ];
}

function signInGaps(client: KeycloakClient, redirectUri: string): ClientGap[] {
  return [
    ...flag(client.enabled, 'The client is disabled', 'Settings: switch Enabled on', { enabled: true }),
    ...flag(
      !client.publicClient && !client.bearerOnly,
      'The client is not confidential',
      'Settings → Capability config: switch Client authentication on',
      { publicClient: false, bearerOnly: false },
    ),
    ...flag(
      client.standardFlowEnabled,
      'People cannot sign in through it: Standard flow is off',
      'Settings → Capability config: tick Standard flow',
      { standardFlowEnabled: true },
    ),
    ...redirectGaps(client, redirectUri),
    ...attributeGap(client, PKCE, 'S256', 'PKCE is not required', 'Advanced: set the PKCE method to S256'),
  ];
}

function signOutGaps(client: KeycloakClient, { postLogoutUri, backchannelLogoutUrl }: ClientAddresses): ClientGap[] {
  return [
    ...postLogoutGaps(client, postLogoutUri),
    ...flag(
      !client.frontchannelLogout,
      'Front-channel logout is on, which switches the back-channel off',
      'Settings → Logout settings: switch Front channel logout off',
      { frontchannelLogout: false },
    ),
    ...attributeGap(
      client,
      BACKCHANNEL,
      backchannelLogoutUrl,
      'Back-channel logout does not come here',
      `Settings → Logout settings: set Backchannel logout URL to ${backchannelLogoutUrl}`,
    ),
    ...attributeGap(
      client,
      BACKCHANNEL_SESSION,
      'true',
      'Back-channel logout does not name the session',
      'Settings → Logout settings: switch Backchannel logout session required on',
    ),
  ];
}

/** Ways to get tokens that our own client does not offer. Someone else's client may have reasons for them. */
export function extraFlows(client: KeycloakClient): ClientGap[] {
  return [
    ...flag(
      !client.directAccessGrantsEnabled,
      'Direct access grants are on, which hand out tokens for passwords',
      'Settings → Capability config: untick Direct access grants',
      { directAccessGrantsEnabled: false },
    ),
    ...flag(
      !client.implicitFlowEnabled,
      'The implicit flow is on, which puts tokens into addresses',
      'Settings → Capability config: untick Implicit flow',
      { implicitFlowEnabled: false },
    ),
  ];
}

function flag(right: boolean, what: string, how: string, values: Partial<KeycloakClient>): ClientGap[] {
  return right ? [] : [{ what, how, fix: (client) => ({ ...client, ...values }) }];
}

function attributeGap(client: KeycloakClient, name: string, value: string, what: string, how: string): ClientGap[] {
  if (client.attributes[name] === value) return [];
  return [{ what, how, fix: (before) => ({ ...before, attributes: { ...before.attributes, [name]: value } }) }];
}

function redirectGaps(client: KeycloakClient, uri: string): ClientGap[] {
  if (client.redirectUris.some((allowed) => covers(absolute(allowed, client.rootUrl), uri))) return [];
  return [
    {
      what: `Sign-in cannot return to ${uri}`,
      how: `Settings → Access settings: add ${uri} to Valid redirect URIs`,
      fix: (before) => ({ ...before, redirectUris: [...before.redirectUris, uri] }),
    },
  ];
}

/** The attribute is a list with `##` between; `+` stands for the redirect URIs, `-` for none. */
function postLogoutGaps(client: KeycloakClient, uri: string): ClientGap[] {
  const listed = (client.attributes[POST_LOGOUT] ?? '').split('##').filter((item) => item !== '' && item !== '-');
  const allowed = listed.flatMap((item) => (item === '+' ? client.redirectUris : [item]));
  if (allowed.some((item) => covers(absolute(item, client.rootUrl), uri))) return [];
  return [
    {
      what: `Sign-out cannot return to ${uri}`,
      how: `Settings → Access settings: add ${uri} to Valid post logout redirect URIs`,
      fix: (before) => ({
        ...before,
        attributes: { ...before.attributes, [POST_LOGOUT]: [...listed, uri].join('##') },
      }),
    },
  ];
}

function mapperGaps(client: KeycloakClient): ClientGap[] {
  const named = (type: string, key: string): boolean =>
    client.protocolMappers.some((mapper) => mapper.protocolMapper === type && mapper.config[key] === client.clientId);
  const rolesInToken =
    client.defaultClientScopes.includes('roles') ||
    named('oidc-usermodel-client-role-mapper', 'usermodel.clientRoleMapping.clientId');
  return [
    ...mapperGap(
      named('oidc-audience-mapper', 'included.client.audience'),
      `Access tokens do not name ${client.clientId} as their audience`,
      `Client scopes → ${client.clientId}-dedicated → Add mapper → By configuration → Audience: include ${client.clientId} in access tokens`,
      audienceMapper(client.clientId),
    ),
    ...mapperGap(
      rolesInToken,
      'Access tokens do not carry client roles',
      'Client scopes → Add client scope: add "roles" as a default scope',
      rolesMapper(client.clientId),
    ),
  ];
}

type Mapper = z.output<typeof mapperShape>;

function mapperGap(there: boolean, what: string, how: string, mapper: Mapper): ClientGap[] {
  if (there) return [];
  return [{ what, how, fix: (before) => ({ ...before, protocolMappers: [...before.protocolMappers, mapper] }) }];
}

const audienceMapper = (clientId: string): Mapper => ({
  name: 'byok-audience',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-audience-mapper',
  config: {
    'included.client.audience': clientId,
    'access.token.claim': 'true',
    'id.token.claim': 'false',
    'introspection.token.claim': 'true',
  },
});

const rolesMapper = (clientId: string): Mapper => ({
  name: 'byok-client-roles',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-usermodel-client-role-mapper',
  config: {
    'usermodel.clientRoleMapping.clientId': clientId,
    // The placeholder is Keycloak's.
    'claim.name': `resource_access.\${client_id}.roles`,
    'jsonType.label': 'String',
    multivalued: 'true',
    'access.token.claim': 'true',
    'id.token.claim': 'false',
    'introspection.token.claim': 'true',
  },
});

const absolute = (uri: string, rootUrl: string | undefined): string =>
  uri.startsWith('/') ? `${rootUrl ?? ''}${uri}` : uri;

/** A pattern covers an address when they are equal, or when it ends in `*` and the address begins with the rest. */
const covers = (pattern: string, uri: string): boolean =>
  pattern === uri || (pattern.endsWith('*') && uri.startsWith(pattern.slice(0, -1)));
