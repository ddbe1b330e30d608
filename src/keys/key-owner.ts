// Whose key a text is by how it begins. The page and the service both use this file, so it imports nothing.

export interface KeyOwner {
  /** Undefined: there is no such provider here. */
  readonly id: string | undefined;
  readonly name: string;
}

export interface Prefixed {
  readonly id: string;
  readonly name: string;
  readonly prefix: string | null;
}

/** Beginnings that no other provider's keys have, of providers that may have no row here. A row with the same one counts. */
const ELSEWHERE: readonly (readonly [prefix: string, name: string])[] = [
  ['sk-or-v1-', 'OpenRouter'],
  ['xai-', 'xAI'],
  ['AIza', 'Google'],
  ['csk-', 'Cerebras'],
  ['nvapi-', 'NVIDIA'],
  ['fw_', 'Fireworks AI'],
  ['r8_', 'Replicate'],
  ['ghp_', 'GitHub'],
  ['github_pat_', 'GitHub'],
];

/** @returns whose key it looks like, where that is somebody else; the longest beginning counts. */
export function otherOwner(key: string, provider: string, all: readonly Prefixed[]): KeyOwner | undefined {
  // Keys of custom endpoints may look like anybody's.
  if (provider === 'custom') return undefined;
  const [owner] = [
    ...all.map(({ id, name, prefix }) => ({ id, name, prefix })),
    ...ELSEWHERE.map(([prefix, name]) => ({ id: undefined, name, prefix })),
  ]
    .filter(({ prefix }) => prefix !== null && prefix !== '' && key.startsWith(prefix))
    .sort((a, b) => (b.prefix?.length ?? 0) - (a.prefix?.length ?? 0));
  return owner === undefined || owner.id === provider ? undefined : { id: owner.id, name: owner.name };
}
