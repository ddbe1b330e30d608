// What people read of their keys. Registered inside the scope of people: every request has a principal.
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { keyIsMissing } from '../crypto/master-keys.ts';
import { principalOf } from '../http/principal.ts';
import { problemResponses } from '../http/problem.ts';
import { ACCOUNT_CODES, READ_CODES } from '../http/problem-codes.ts';
import { PROVIDERS } from '../providers/provider-table.ts';
import type { CachedUser } from '../users/user-cache.ts';
import type { UserView } from '../users/user-view.ts';
import { keyToAnswer } from './key-answers.ts';
import { KEY_CALL, keysAnswer, providersAnswer, statsAnswer } from './key-schemas.ts';
import type { KeyService } from './key-service.ts';

const READ = problemResponses(...READ_CODES, ...ACCOUNT_CODES);

const providersCall = { ...KEY_CALL, summary: 'Supported providers', response: { 200: providersAnswer, ...READ } };
const keysCall = {
  ...KEY_CALL,
  summary: 'Your keys, masked',
  description: 'From memory for up to five minutes, unless the request says `Cache-Control: no-cache`.',
  response: { 200: keysAnswer, ...READ },
};
const statsCall = { ...KEY_CALL, summary: 'Your numbers', response: { 200: statsAnswer, ...READ } };

export const providersRoute: FastifyPluginAsyncZod<{ keys: KeyService }> = async (app, { keys }) => {
  app.get('/providers', { schema: providersCall }, async (request, reply) => {
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
  });
};

export const keyListRoute: FastifyPluginAsyncZod<{ keys: KeyService }> = async (app, { keys }) => {
  // Masked lists are made once for each view of a user: a cached answer serialises nothing.
  const lists = new WeakMap<UserView, JsonText>();
  app.get('/keys', { schema: keysCall }, async (request, reply) => {
    // RFC 9111, section 5.2.1.4.
    const revalidate = /\bno-cache\b/i.test(request.headers['cache-control'] ?? '');
    const user = markAge(reply, await keys.find(principalOf(request).userId, { revalidate }));
    // Another replica may be able to read it: nobody is shown a key as damaged for that.
    if (user.keys.some(({ state }) => state === 'unknown_key')) throw keyIsMissing();
    const list = lists.get(user) ?? jsonText(z.encode(keysAnswer, user.keys.map(keyToAnswer)));
    lists.set(user, list);
    return sendJson(reply as FastifyReply, list);
  });
};

export const statsRoute: FastifyPluginAsyncZod<{ keys: KeyService }> = async (app, { keys }) => {
  app.get('/stats', { schema: statsCall }, async (request, reply) => {
    const user = markAge(reply, await keys.find(principalOf(request).userId));
    return {
      total_providers: PROVIDERS.size,
      configured_providers: user.keys.length,
      tested_providers: user.keys.filter((key) => key.lastTested !== undefined).length,
      valid_providers: user.keys.filter((key) => key.testStatus === 'valid').length,
      user_tier: user.tier,
    };
  });
};

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
