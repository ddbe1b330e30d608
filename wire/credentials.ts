// Bearers of services, made by the command line of the service under record.
import type { Variant } from './variant.ts';

const TOKENS: readonly (readonly [name: string, ...options: string[]])[] = [
  ['all', '--scopes', 'resolve,usage,tier'],
  ['openai-only', '--scopes', 'resolve,usage', '--providers', 'openai'],
  ['usage-only', '--scopes', 'usage'],
  ['tier-only', '--scopes', 'tier'],
  ['revoked', '--scopes', 'resolve'],
  ['expired', '--scopes', 'resolve'],
  ['unseen', '--scopes', 'tier'],
];

/** @param names which of them. What the commands record is recorded. */
export async function makeServiceTokens(
  { to, service, database }: Pick<Variant, 'to' | 'service' | 'database'>,
  names: readonly string[] = TOKENS.map(([name]) => name),
): Promise<void> {
  const { known, bearers } = to.world;
  for (const [name, ...options] of TOKENS) {
    if (!names.includes(name)) continue;
    const words = ['service-token', 'create', '--name', name, ...options, '--expires', '30d'];
    const token = await service.byok(...words);
    known.set(token, `<service token ${name}>`);
    bearers.set(name, token);
    await to.note(`a token is made: ${name}`, `byok ${words.join(' ')}`, token);
  }
  if (names.includes('revoked'))
    await to.note(
      'a token is revoked',
      'byok service-token revoke',
      await service.byok('service-token', 'revoke', 'revoked'),
    );
  await database.run("update service_tokens set expires_at = now() - interval '1 day' where name = 'expired'");
}
