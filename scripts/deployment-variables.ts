// What docker-compose.ops-center-sso.yml and deploy-byok.sh read beside the service's own variables.
// .env.byok is made of both tables; a test holds the compose file to them.

export interface DeploymentVariable {
  readonly doc: string;
  readonly fallback?: string;
  /** Empty in .env.byok. */
  readonly secret?: true;
  /** Compose refuses to start without it. */
  readonly required?: true;
}

const password = (doc: string): DeploymentVariable => ({
  doc: `${doc} 12 or more letters and digits, such as from: openssl rand -hex 24`,
  secret: true,
  required: true,
});

export const DEPLOYMENT_VARIABLES = {
  BYOK_DOMAIN: { doc: 'Host name of this service, such as ops.example.com.', required: true },
  AUTH_DOMAIN: { doc: 'Host name of Keycloak, another one, such as auth.example.com.', required: true },
  BYOK_TLS: {
    doc: 'Your email address for certificates from a public authority; `internal` for an authority that Caddy makes, in a network without access from outside; or the paths of your own certificate and key in deploy/ca/: /etc/byok/ca/fullchain.pem /etc/byok/ca/key.pem',
    required: true,
  },
  KEYCLOAK_ADMIN_NETWORKS: {
    doc: 'CIDR ranges, separated by spaces, from which Keycloak’s admin console may be used. It must include the network of the containers.',
    fallback: 'private_ranges',
  },
  OPS_CENTER_UPSTREAM: {
    doc: 'The old back end on the same host name (with BASE_PATH=/byok): where it listens, such as 172.30.84.1:8083. It gets what is not for the key service.',
  },

  KC_BOOTSTRAP_ADMIN_USERNAME: { doc: 'Keycloak’s first administrator, made on its first start.', fallback: 'admin' },
  KC_BOOTSTRAP_ADMIN_PASSWORD: {
    doc: 'That administrator’s password, which the set-up of the realm uses too. In single quotes if it has a $ or a #.',
    secret: true,
    required: true,
  },
  POSTGRES_PASSWORD: password('Superuser of PostgreSQL.'),
  BYOK_DB_PASSWORD: password('The key service’s database.'),
  KEYCLOAK_DB_PASSWORD: password('Keycloak’s database.'),
  REDIS_PASSWORD: password('Redis.'),

  BYOK_PROJECT: { doc: 'Name of the compose project; volumes and networks begin with it.', fallback: 'byok' },
  BYOK_SERVICE_NAME: {
    doc: 'Name of the service, where the old back end keeps its own. Read by deploy-byok.sh.',
    fallback: 'unicorn-ops-center',
  },
  BYOK_CONTAINER_NAME: {
    doc: 'Name of the container, where the old back end keeps its own.',
    fallback: 'ops-center-direct',
  },
  BYOK_IMAGE: { doc: 'Name of the image; deploy-byok.sh tags it.', fallback: 'ops-center-byok' },
  BYOK_KEYCLOAK_IMAGE: { doc: 'Name of the Keycloak image.', fallback: 'ops-center-byok-keycloak' },
  BYOK_NODE_IMAGE: {
    doc: 'Image of Node that the service’s image is built on. deploy-byok.sh looks up its digest and those of the following ones once, and keeps them in deploy/images.lock.',
    fallback: 'node:24-slim',
  },
  BYOK_KEYCLOAK_BASE_IMAGE: {
    doc: 'Image that the Keycloak image is built on.',
    fallback: 'quay.io/keycloak/keycloak:26.7.4',
  },
  BYOK_CADDY_IMAGE: { doc: 'Image of Caddy.', fallback: 'caddy:2-alpine' },
  BYOK_POSTGRES_IMAGE: {
    doc: 'Image of PostgreSQL. Another major version needs a dump and a restore.',
    fallback: 'postgres:17-alpine',
  },
  BYOK_REDIS_IMAGE: { doc: 'Image of Redis.', fallback: 'redis:8-alpine' },
  BYOK_NETWORK_PREFIX: {
    doc: 'First three numbers of the containers’ network, where the default is taken.',
    fallback: '172.30.84',
  },
  BYOK_HTTP_PORT: {
    doc: 'Port of this host for plain HTTP, which is redirected and answers certificate authorities.',
    fallback: '80',
  },
  BYOK_HTTPS_PORT: {
    doc: 'Port of this host for HTTPS. If it is not 443, PUBLIC_URL has to name it.',
    fallback: '443',
  },
} as const satisfies Record<string, DeploymentVariable>;
