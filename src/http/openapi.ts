// The OpenAPI 3.1 description, made from the schemas that validate, and a page that shows it.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

interface OpenApiOptions {
  version: string;
  publicUrl: string;
}

/** Registers the collector; call before the routes. */
export async function installOpenApi(app: FastifyInstance, { version, publicUrl }: OpenApiOptions): Promise<void> {
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
      servers: [{ url: publicUrl }],
      tags: [
        { name: 'keys', description: 'Your keys' },
        { name: 'auth', description: 'Sign-in and sessions' },
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
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
}

/** `/openapi.json` and `/docs`, inside the prefix of the given scope. */
export async function openApiRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('cache-control', 'no-cache');
    return app.swagger();
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { deepLinking: true, tryItOutEnabled: true, syntaxHighlight: false },
  });
}
