// A key that looks like another provider's: where to add it instead, and, once it was about to be sent, whether to send it.
import type { KeyOwner } from '../../../src/keys/key-owner.ts';
import type { ProviderInfo, StoredKey } from '../store.ts';

export interface Instead {
  readonly owner: KeyOwner;
  /** Undefined: there is no such provider here. */
  readonly go: (() => void) | undefined;
  /** Whether there is a key of it already. */
  readonly stored: boolean;
}

interface InsteadOptions {
  readonly all: readonly ProviderInfo[];
  /** By provider. */
  readonly stored: ReadonlyMap<string, StoredKey>;
  readonly onGo: (provider: string) => void;
}

export function insteadOf(owner: KeyOwner, { all, stored, onGo }: InsteadOptions): Instead {
  const { id } = owner;
  const offered = id !== undefined && all.some((provider) => provider.id === id);
  return { owner, go: offered ? () => onGo(id) : undefined, stored: id !== undefined && stored.has(id) };
}

/** While it is typed. */
export function LooksLike({ instead, provider }: { instead: Instead; provider: ProviderInfo }) {
  return (
    <>
      <p class="warning-line">{looksLike(instead, provider)}</p>
      <GoButton instead={instead} />
    </>
  );
}

interface NotSentProps {
  instead: Instead;
  provider: ProviderInfo;
  onSend: () => void;
}

/** Instead of sending it. */
export function NotSent({ instead, provider, onSend }: NotSentProps) {
  return (
    <div class="result" data-tone="warn">
      <div>
        <strong>Nothing was sent</strong>
        <p>{looksLike(instead, provider)}</p>
        <div class="choices">
          <GoButton instead={instead} />
          <button type="button" class="button quiet small" onClick={onSend}>
            Send it to {provider.name} anyway
          </button>
        </div>
      </div>
    </div>
  );
}

const looksLike = ({ owner, go }: Instead, { name }: ProviderInfo): string =>
  `This looks like a key for ${owner.name}${go === undefined ? ', which is not offered here.' : `, not for ${name}.`}`;

function GoButton({ instead: { owner, go, stored } }: { instead: Instead }) {
  if (go === undefined) return null;
  return (
    <button type="button" class="button quiet small" onClick={go}>
      {stored ? `Replace your ${owner.name} key instead` : `Add it to ${owner.name} instead`}
    </button>
  );
}
