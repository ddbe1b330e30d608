// Variables of the process: where it listens, what it tells of itself, how it stops, who ends its TLS.
import { z } from 'zod';
import {
  integer,
  isCidr,
  isEverybody,
  list,
  listenAddress,
  oneOf,
  type Variables,
  webUrl,
} from './variable-schemas.ts';

export const SERVICE_VARIABLES = {
  NODE_ENV: {
    schema: oneOf('development', 'production', 'test'),
    doc: '`production` demands HTTPS, Keycloak and an encryption key of your own.',
    fallback: 'development',
  },
  PORT: { schema: integer(0, 65535), doc: 'Port to listen on.', fallback: '8084' },
  HOST: {
    schema: listenAddress('PORT'),
    doc: 'Address to listen on. The embedded default accepts loopback addresses only. Default: 127.0.0.1, and 0.0.0.0 once TLS_CERT_FILE, TRUSTED_PROXIES or production say that HTTPS is taken care of.',
  },
  INTERNAL_PORT: {
    schema: integer(0, 65535),
    doc: 'Port for internal services: key release, tiers and usage are there and nowhere else. Required in production. Unset elsewhere: with Keycloak they are nowhere; in the embedded default on PORT.',
  },
  INTERNAL_HOST: {
    schema: listenAddress('INTERNAL_PORT'),
    doc: 'Address that INTERNAL_PORT listens on. Default as for HOST: 127.0.0.1, and 0.0.0.0 once TLS_CERT_FILE, TRUSTED_PROXIES or production say that HTTPS is taken care of.',
  },
  PUBLIC_URL: {
    schema: webUrl('https://ops.example.com'),
    doc: 'What browsers call this service: scheme, host and port. Default: http(s)://localhost:PORT.',
  },
  BASE_PATH: {
    schema: z
      .string()
      .regex(
        /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)*$/,
        'must be empty or a path such as /byok, without a slash at the end',
      ),
    doc: 'Path in front of every route, to live beside another service on one host name.',
    fallback: '',
  },
  LOG_LEVEL: {
    schema: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent'),
    doc: 'How much is logged.',
    fallback: 'info',
  },
  METRICS_TOKEN: {
    schema: z.string().regex(/^[\x21-\x7e]{16,}$/, 'must be 16 or more printable ASCII characters without spaces'),
    doc: 'Opens /metrics on PORT to those who send this as a bearer. Unset: /metrics is not on PORT.',
    secret: true,
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: webUrl('http://collector:4318'),
    doc: 'OpenTelemetry collector that traces are sent to, by OTLP over HTTP in JSON. Unset: no traces.',
  },
  DRAIN_SECONDS: {
    schema: integer(0, 300),
    doc: 'How long a stop still serves while `/readyz` says stopping, so that balancers notice. Default: 5 in production, 0 elsewhere.',
  },
  SHUTDOWN_SECONDS: {
    schema: integer(1, 300),
    doc: 'How long a stop waits after that for requests in flight.',
    fallback: '20',
  },
} as const satisfies Variables;

export const TLS_VARIABLES = {
  TLS_CERT_FILE: { schema: z.string().min(1), doc: 'PEM certificate chain, to serve HTTPS directly.' },
  TLS_KEY_FILE: { schema: z.string().min(1), doc: 'PEM private key of that certificate.' },
  TRUSTED_PROXIES: {
    schema: list
      .refine(
        (items) => !items.some(isEverybody),
        'must not trust everybody: anyone could then say to come from any address, and over HTTPS. List the address of the proxy',
      )
      .refine(
        (items) => items.every(isCidr),
        'must be addresses or CIDR ranges, such as 10.0.0.0/8, separated by commas',
      ),
    doc: 'Addresses or CIDR ranges of the proxies whose X-Forwarded-* headers count.',
    fallback: '',
  },
} as const satisfies Variables;
