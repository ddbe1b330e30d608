// What people do with their keys. Registered inside the scope of people: every request has a principal.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { actingIn } from '../audit/request-audit.ts';
import { principalOf } from '../http/principal.ts';
import { problemResponses } from '../http/problem.ts';
import { ACCOUNT_CODES, CHANGE_CODES, WRITE_CODES } from '../http/problem-codes.ts';
import { keyToAnswer, providerOf, testToAnswer } from './key-answers.ts';
import { keyListRoute, providersRoute, statsRoute } from './key-read-routes.ts';
import {
  addAnswer,
  addBody,
  changeAnswer,
  KEY_CALL,
  patchBody,
  providerParams,
  removeAnswer,
  testAnswer,
  testBody,
} from './key-schemas.ts';
import type { KeyService } from './key-service.ts';
import { createTierGuard } from './tier-guard.ts';

const CODES = [...WRITE_CODES, ...ACCOUNT_CODES, ...CHANGE_CODES, 'database_unavailable', 'invalid_provider'] as const;

const addCall = {
  ...KEY_CALL,
  summary: 'Add a key, or replace the one for that provider',
  description: 'Needs the Starter tier or above. The answer is the only one that mentions the key, masked.',
  body: addBody,
  response: { 200: addAnswer, ...problemResponses(...CODES, 'tier_required', 'validation_failed', 'endpoint_refused') },
};
const changeCall = {
  ...KEY_CALL,
  summary: 'Rename a key, turn it on or off, or send a new one',
  description: 'Needs the Starter tier or above, except for turning a key off. A new endpoint needs the key again.',
  params: providerParams,
  body: patchBody,
  response: {
    200: changeAnswer,
    ...problemResponses(...CODES, 'tier_required', 'key_not_found', 'validation_failed', 'endpoint_refused'),
  },
};
const deleteCall = {
  ...KEY_CALL,
  summary: 'Remove a key',
  params: providerParams,
  response: { 200: removeAnswer, ...problemResponses(...CODES) },
};
const testCall = {
  ...KEY_CALL,
  summary: 'Ask the provider whether a key works',
  description:
    'Without a body: the stored key, and the result is stored with it. With `{key}`: that key, and nothing is stored. No tokens are spent. ' +
    'A key that begins as another provider’s is sent only with `send_anyway`: else the status is `unknown`, the reason `other_provider`.',
  params: providerParams,
  body: testBody.nullish(),
  response: {
    200: testAnswer,
    ...problemResponses(...CODES, 'key_not_found', 'validation_failed', 'endpoint_refused'),
  },
};

/** All calls of people about their keys. */
export const keyRoutes: FastifyPluginAsyncZod<{ keys: KeyService }> = async (app, { keys }) => {
  for (const routes of [providersRoute, keyListRoute, keyChangeRoutes, keyTestRoute, statsRoute])
    await app.register(routes, { keys });
};

const keyChangeRoutes: FastifyPluginAsyncZod<{ keys: KeyService }> = async (app, { keys }) => {
  const preHandler = [app.limits.add, createTierGuard(keys)];

  const adding = { audit: { action: 'key.add', about: 'self' } } as const;
  app.post('/keys/add', { schema: addCall, config: adding, preHandler }, async (request) => {
    const { key, label, endpoint } = request.body;
    const provider = providerOf(request.body.provider);
    const { preview, warnings } = await keys.add(actingIn(request), principalOf(request).userId, provider, {
      key,
      label: label?.trim() || undefined,
      endpoint: endpoint?.trim() || undefined,
    });
    return {
      message: 'API key added successfully',
      provider: provider.id,
      provider_name: provider.name,
      key_preview: preview,
      warnings: [...warnings],
    };
  });

  const changing = { audit: { action: 'key.change', about: 'self' } } as const;
  app.patch('/keys/:provider', { schema: changeCall, config: changing, preHandler }, async (request) => {
    const provider = providerOf(request.params.provider);
    const { label, endpoint, ...rest } = request.body;
    const key = await keys.change(actingIn(request), principalOf(request).userId, provider, {
      ...rest,
      label: label?.trim() || (label === undefined ? undefined : `${provider.name} Key`),
      // A blank one takes the endpoint away; only an absent one leaves it as it is.
      endpoint: endpoint === undefined ? undefined : endpoint?.trim() || null,
    });
    return { ...keyToAnswer(key), ...(key.warnings.length > 0 && { warnings: [...key.warnings] }) };
  });

  const deleting = { audit: { action: 'key.delete', about: 'self' } } as const;
  app.delete('/keys/:provider', { schema: deleteCall, config: deleting }, async (request) => {
    const provider = providerOf(request.params.provider);
    const removed = await keys.remove(actingIn(request), principalOf(request).userId, provider);
    return { message: 'API key removed successfully', provider: provider.id, removed };
  });
};

const keyTestRoute: FastifyPluginAsyncZod<{ keys: KeyService }> = async (app, { keys }) => {
  const config = { audit: { action: 'key.test', about: 'self' } } as const;
  app.post('/keys/test/:provider', { schema: testCall, config, preHandler: app.limits.test }, async (request) => {
    const provider = providerOf(request.params.provider);
    const { body } = request;
    const { userId } = principalOf(request);
    const by = actingIn(request);
    const sendAnyway = body?.send_anyway;
    const result =
      body?.key === undefined
        ? await keys.testStored(by, userId, provider, { sendAnyway })
        : await keys.testCandidate(by, userId, provider, {
            key: body.key,
            endpoint: body.endpoint?.trim() || undefined,
            sendAnyway,
          });
    return testToAnswer(provider, result);
  });
};
