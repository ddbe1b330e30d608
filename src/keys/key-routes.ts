// The calls under /api/v1/byok. Registered inside the session scope: every request has a principal.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { installRefusalAudit, type RequestAudit } from '../audit/request-audit.ts';
import { principalOf } from '../http/principal.ts';
import { problemResponses } from '../http/problem.ts';
import { PROVIDERS, type Provider } from '../providers/provider-table.ts';
import { ByokError } from '../shared/errors.ts';
import type { CachedUser } from '../users/user-cache.ts';
import type { UserView } from '../users/user-view.ts';
import { keyToAnswer, providerOf, testToAnswer } from './key-answers.ts';
import { recordKey, recordTest, whatChanged } from './key-audit.ts';
import {
  addAnswer,
  addBody,
  candidateBody,
  keyAnswer,
  keysAnswer,
  patchBody,
  providerParams,
  providersAnswer,
  removeAnswer,
  statsAnswer,
  testAnswer,
} from './key-schemas.ts';
import type { KeyService } from './key-service.ts';
import { installTierGuard, withGuarded } from './tier-guard.ts';

const READ = problemResponses(
  'not_authenticated',
  'account_disabled',
  'directory_unavailable',
  'session_store_unavailable',
);
const WRITE_CODES = [
  'not_authenticated',
  'account_disabled',
  'cross_site_request',
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'invalid_provider',
  'write_conflict',
  'directory_unavailable',
  'directory_misconfigured',
  'session_store_unavailable',
  'audit_unavailable',
  'database_unavailable',
] as const;
const security = [{ session: [] }, { bearer: [] }];

export const keyRoutes: FastifyPluginAsyncZod<{ keys: KeyService; audit: RequestAudit }> = async (
  app,
  { keys, audit },
) => {
  installRefusalAudit(app, audit);
  const guardTier = installTierGuard(app, keys);

  app.get(
    '/providers',
    {
      schema: { tags: ['keys'], summary: 'Supported providers', security, response: { 200: providersAnswer, ...READ } },
    },
    async (request, reply) => {
      const user = markAge(reply, await keys.find(principalOf(request).userId));
      const configured = new Set(user.keys.map((key) => key.provider));
      return [...PROVIDERS.values()].map((provider) => ({
        id: provider.id,
        name: provider.name,
        key_format: provider.prefix,
        configured: configured.has(provider.id),
        key_url: provider.keyUrl,
        accepts_endpoint: true,
      }));
    },
  );

  // Masked lists are made once for each view of a user: a cached answer serialises nothing.
  const lists = new WeakMap<UserView, JsonText>();
  app.get(
    '/keys',
    {
      schema: {
        tags: ['keys'],
        summary: 'Your keys, masked',
        description: 'From memory for up to five minutes, unless the request says `Cache-Control: no-cache`.',
        security,
        response: { 200: keysAnswer, ...READ },
      },
    },
    async (request, reply) => {
      // RFC 9111, section 5.2.1.4.
      const revalidate = /\bno-cache\b/i.test(request.headers['cache-control'] ?? '');
      const user = markAge(reply, await keys.find(principalOf(request).userId, { revalidate }));
      const list = lists.get(user) ?? jsonText(z.encode(keysAnswer, user.keys.map(keyToAnswer)));
      lists.set(user, list);
      return sendJson(reply as FastifyReply, list);
    },
  );

  app.post(
    '/keys/add',
    {
      preHandler: [app.limits.add, guardTier],
      config: { auditAction: 'key.add' },
      schema: {
        tags: ['keys'],
        summary: 'Add a key, or replace the one for that provider',
        description: 'Needs the Starter tier or above. The answer is the only one that mentions the key, masked.',
        security,
        body: addBody,
        response: {
          200: addAnswer,
          ...problemResponses(...WRITE_CODES, 'tier_required', 'validation_failed', 'endpoint_refused'),
        },
      },
    },
    async (request) => {
      const provider = providerOf(request.body.provider);
      const { label, endpoint } = request.body;
      const { replaced, preview, warnings } = await withGuarded(request, (section) =>
        keys.add(section, provider, {
          key: request.body.key,
          label: label?.trim() || undefined,
          endpoint: endpoint?.trim() || undefined,
        }),
      );
      await recordKey(audit, request, replaced ? 'key.replace' : 'key.add', provider);
      return {
        message: 'API key added successfully',
        provider: provider.id,
        provider_name: provider.name,
        key_preview: preview,
        warnings,
      };
    },
  );

  app.patch(
    '/keys/:provider',
    {
      preHandler: [app.limits.add, guardTier],
      config: { auditAction: 'key.change' },
      schema: {
        tags: ['keys'],
        summary: 'Rename a key, turn it on or off, or send a new one',
        description:
          'Needs the Starter tier or above, except for turning a key off. A new endpoint needs the key again.',
        security,
        params: providerParams,
        body: patchBody,
        response: {
          200: keyAnswer.describe('The key as it is now.'),
          ...problemResponses(
            ...WRITE_CODES,
            'tier_required',
            'key_not_found',
            'validation_failed',
            'endpoint_refused',
          ),
        },
      },
    },
    async (request) => {
      const provider = providerOf(request.params.provider);
      const { label, endpoint, ...rest } = request.body;
      const changes = {
        ...rest,
        label: label?.trim() || (label === undefined ? undefined : `${provider.name} Key`),
        // A blank one takes the endpoint away; only an absent one leaves it as it is.
        endpoint: endpoint === undefined ? undefined : endpoint?.trim() || null,
      };
      const user = await withGuarded(request, (section) => keys.change(section, provider, changes));
      const key = user.keys.find((candidate) => candidate.provider === provider.id);
      if (key === undefined) throw new ByokError('write_conflict');
      await recordKey(audit, request, 'key.change', provider, whatChanged(changes));
      return keyToAnswer(key);
    },
  );

  app.delete(
    '/keys/:provider',
    {
      config: { auditAction: 'key.delete' },
      schema: {
        tags: ['keys'],
        summary: 'Remove a key',
        security,
        params: providerParams,
        response: { 200: removeAnswer, ...problemResponses(...WRITE_CODES) },
      },
    },
    async (request) => {
      const provider = providerOf(request.params.provider);
      const removed = await keys.remove(principalOf(request).userId, provider);
      await recordKey(audit, request, 'key.delete', provider, { removed });
      return { message: 'API key removed successfully', provider: provider.id, removed };
    },
  );

  app.post(
    '/keys/test/:provider',
    {
      preHandler: app.limits.test,
      config: { auditAction: 'key.test' },
      schema: {
        tags: ['keys'],
        summary: 'Ask the provider whether a key works',
        description:
          'Without a body: the stored key, and the result is stored with it. With `{key}`: that key, and nothing is stored. No tokens are spent.',
        security,
        params: providerParams,
        body: candidateBody.nullish(),
        response: {
          200: testAnswer,
          ...problemResponses(...WRITE_CODES, 'key_not_found', 'validation_failed', 'endpoint_refused'),
        },
      },
    },
    async (request) => {
      const provider = providerOf(request.params.provider);
      const { body } = request;
      const result =
        body === null || body === undefined
          ? await keys.testStored(principalOf(request).userId, provider)
          : await testCandidate(keys, request, provider, {
              key: body.key,
              endpoint: body.endpoint?.trim() || undefined,
            });
      await recordTest(audit, request, provider, result);
      return testToAnswer(provider, result);
    },
  );

  app.get(
    '/stats',
    { schema: { tags: ['keys'], summary: 'Your numbers', security, response: { 200: statsAnswer, ...READ } } },
    async (request, reply) => {
      const user = markAge(reply, await keys.find(principalOf(request).userId));
      return {
        total_providers: PROVIDERS.size,
        configured_providers: user.keys.length,
        tested_providers: user.keys.filter((key) => key.lastTested !== undefined).length,
        valid_providers: user.keys.filter((key) => key.testStatus === 'valid').length,
        user_tier: user.tier,
      };
    },
  );
};

async function testCandidate(
  keys: KeyService,
  request: FastifyRequest,
  provider: Provider,
  candidate: { key: string; endpoint: string | undefined },
) {
  await keys.user(principalOf(request).userId);
  return keys.testCandidate(provider, candidate);
}

/** Says how old the answer is where it is older than it should be. `Age` is RFC 9111's, in seconds. */
function markAge(
  reply: { header(name: string, value: string): unknown },
  { view, ageMs, stale }: CachedUser,
): UserView {
  if (stale) {
    reply.header('x-byok-stale', 'true');
    reply.header('age', String(Math.floor(ageMs / 1000)));
  }
  return view;
}

/** JSON, measured once as well. */
interface JsonText {
  readonly text: string;
  readonly length: string;
}

function jsonText(value: unknown): JsonText {
  const text = JSON.stringify(value);
  return { text, length: String(Buffer.byteLength(text)) };
}

function sendJson(reply: FastifyReply, { text, length }: JsonText): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').header('content-length', length).send(text);
}
