// The OpenAPI 3.1 description, made from the schemas that validate, and a page that shows it.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

interface OpenApiOptions {
  version: string;
}

/** Registers the collector; call before the routes. */
export async function installOpenApi(app: FastifyInstance, { version }: OpenApiOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ops-center-byok',
        version,
        description:
          'Bring Your Own Key: store your LLM provider keys once; the platform uses them on your behalf, and nobody else sees them.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      // Relative: the page works under whatever name it was opened by.
      servers: [{ url: '/' }],
      tags: [
        { name: 'keys', description: 'Your keys' },
        { name: 'audit', description: 'What happened' },
        { name: 'auth', description: 'Sign-in and sessions' },
        { name: 'admin', description: 'For administrators' },
        { name: 'internal', description: 'For services of the platform' },
        { name: 'health', description: 'For load balancers' },
      ],
      components: {
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'byok_session',
            description: 'Set by signing in; `__Host-byok_session` over HTTPS.',
          },
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'An access token of the Keycloak realm.',
          },
          service: {
            type: 'http',
            scheme: 'bearer',
            description: 'A client-credentials token of the Keycloak realm, or a service token (`byok service-token`).',
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => markOptionalBodies(jsonSchemaTransformObject(document)),
  });
}

type Description = ReturnType<typeof jsonSchemaTransformObject>;

/** The collector calls every body required; one that may be null may also be left out. */
function markOptionalBodies(description: Description): Description {
  for (const path of Object.values(description.paths ?? {})) {
    for (const operation of [path?.post, path?.put, path?.patch]) {
      const body = operation?.requestBody;
      if (body === undefined || !('content' in body)) continue;
      if (Object.values<{ schema?: object }>(body.content).some(({ schema }) => mayBeNull(schema)))
        body.required = false;
    }
  }
  return description;
}

const mayBeNull = (schema: object | undefined): boolean =>
  schema !== undefined &&
  'anyOf' in schema &&
  Array.isArray(schema.anyOf) &&
  schema.anyOf.some((one: { type?: unknown }) => one.type === 'null');

/** What the page needs and no more: its own files, and calls to this service. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/openapi.json` and `/docs`, inside the prefix of the given scope. */
export async function openApiRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('cache-control', 'no-cache');
    return app.swagger();
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // The page's own links begin at the root, whatever the prefix of the scope.
    indexPrefix: app.prefix,
    staticCSP: true,
    transformStaticCSP: () => DOCS_POLICY,
    // No validator: it would tell a host outside about this one.
    uiConfig: {
      layout: 'BaseLayout',
      deepLinking: true,
      tryItOutEnabled: true,
      syntaxHighlight: false,
      validatorUrl: 'none',
    },
  });
}
