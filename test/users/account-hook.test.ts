// Somebody who was deleted or disabled since the sign-in is refused, whatever their session says.
import type { FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { ByokError } from '../../src/shared/errors.ts';
import { createRequireAccount } from '../../src/users/account-hook.ts';

const ADA = { email: 'ada@example.com', name: 'Ada', tier: 'starter', enabled: true };
const request = { principal: { userId: 'ada', roles: ['byok-admin'] } } as unknown as FastifyRequest;

it('a person whom the directory has is let in, and it is they who are looked up', async () => {
  const asked: string[] = [];
  const hook = createRequireAccount(async (id) => {
    asked.push(id);
    return ADA;
  });
  await expect(hook(request)).resolves.toBeUndefined();
  expect(asked).toEqual(['ada']);
});

it.each([
  ['deleted', async () => undefined, 'not_authenticated'],
  ['disabled', async () => ({ ...ADA, enabled: false }), 'account_disabled'],
  ['not to be looked up', () => Promise.reject(new ByokError('directory_unavailable')), 'directory_unavailable'],
])('one who is %s is refused', async (_what, describeUser, code) => {
  await expect(createRequireAccount(describeUser)(request)).rejects.toMatchObject({ code });
});

it('that they were deleted is said to the log, not to them', async () => {
  const error = await createRequireAccount(async () => undefined)(request).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ message: 'the session’s user does not exist', detail: 'Not authenticated' });
});
