// Looking up people and revoking their keys, for administrators: nothing of a key is shown, and every look is recorded.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { actingIn, type RequestAudit } from '../audit/request-audit.ts';
import { problemResponses } from '../http/problem.ts';
import { ADMIN_CODES, CHANGE_CODES, WRITE_CODES } from '../http/problem-codes.ts';
import { providerOf } from '../keys/key-answers.ts';
import { removeAnswer } from '../keys/key-schemas.ts';
import type { KeyService } from '../keys/key-service.ts';
import type { UserView } from '../users/user-view.ts';
import {
  cursorAt,
  offsetOf,
  revokeBody,
  userKeyParams,
  userKeysAnswer,
  userParams,
  usersAnswer,
  usersQuery,
} from './admin-schemas.ts';
import type { AdministeredKey, UserAdministration } from './user-administration.ts';

interface AdminUserRoutesOptions {
  readonly users: UserAdministration;
  readonly keys: Pick<KeyService, 'revoke'>;
  readonly audit: RequestAudit;
}

const common = { tags: ['admin'], security: [{ session: [] }, { bearer: [] }] };
const CODES = [...ADMIN_CODES, 'validation_failed', 'audit_unavailable'] as const;
const READING = { audit: { action: 'admin.read', about: 'named' } } as const;

export const adminUserRoutes: FastifyPluginAsyncZod<AdminUserRoutesOptions> = async (app, { users, keys, audit }) => {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  const search = {
    ...common,
    summary: 'Find people',
    querystring: usersQuery,
    response: { 200: usersAnswer, ...problemResponses(...CODES) },
  };
  app.get('/admin/users', { schema: search, config: READING }, async (request) => {
    const { query, limit, cursor } = request.query;
    const first = cursor === undefined ? 0 : offsetOf(cursor);
    const found = await users.search(query, { first, max: limit });
    await audit.record(request, { outcome: 'ok', details: { what: 'users' } });
    return {
      items: found.users.map((user) => ({ ...personToAnswer(user), keys: user.keys })),
      next_cursor: found.more ? cursorAt(first + limit) : null,
    };
  });

  const list = {
    ...common,
    summary: 'Which keys somebody has',
    description: 'Without previews, labels and endpoints: those are for the owner.',
    params: userParams,
    response: { 200: userKeysAnswer, ...problemResponses(...CODES, 'user_not_found', 'database_unavailable') },
  };
  app.get('/admin/users/:id/keys', { schema: list, config: READING }, async (request) => {
    const found = await users.keysOf(request.params.id);
    const subject = found.user.id;
    await audit.record(request, { outcome: 'ok', subject, details: { what: 'keys' } });
    return { user: personToAnswer(found.user), items: found.keys.map(keyToAnswer), next_cursor: null };
  });

  const revoke = {
    ...common,
    summary: 'Remove somebody’s key',
    description: 'Also of people who are disabled. It stays valid at the provider until it is revoked there.',
    params: userKeyParams,
    body: revokeBody,
    response: {
      200: removeAnswer,
      ...problemResponses(
        ...CODES,
        ...CHANGE_CODES,
        ...WRITE_CODES,
        'database_unavailable',
        'invalid_provider',
        'user_not_found',
      ),
    },
  };
  const recorded = { audit: { action: 'admin.revoke', about: 'named' } } as const;
  app.post('/admin/users/:id/keys/:provider/revoke', { schema: revoke, config: recorded }, async (request) => {
    const provider = providerOf(request.params.provider);
    const removed = await keys.revoke(actingIn(request), request.params.id, provider);
    return { message: 'API key removed successfully', provider: provider.id, removed };
  });
};

const personToAnswer = ({
  id,
  email,
  name,
  enabled,
  tier,
}: Pick<UserView, 'id' | 'email' | 'name' | 'enabled' | 'tier'>) => ({
  id,
  email: email ?? null,
  name: name ?? null,
  enabled,
  tier,
});

/** Field by field: nothing that is only for the owner may come along. */
const keyToAnswer = (key: AdministeredKey) => ({
  provider: key.provider,
  provider_name: providerOf(key.provider).name,
  added_date: key.addedDate ?? null,
  last_tested: key.lastTested ?? null,
  test_status: key.testStatus ?? null,
  test_reason: key.testReason ?? null,
  enabled: key.enabled,
  state: key.state,
  last_used_at: key.lastUse?.at.toISOString() ?? null,
  last_used_by: key.lastUse?.service ?? null,
});
