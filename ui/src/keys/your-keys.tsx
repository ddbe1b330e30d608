// The keys that are stored, a card each.
import type { RefObject } from 'preact';
import type { LastUse, StoredKey } from '../store.ts';
import { KeyCard } from './key-card.tsx';
import type { OpenDialog } from './key-dialogs.tsx';

interface YourKeysProps {
  /** Those that fit the search. */
  keys: readonly StoredKey[];
  /** How many there are in all. */
  stored: number;
  providers: number;
  /** Undefined: not known (yet). */
  lastUses: readonly LastUse[] | undefined;
  mayStore: boolean;
  heading: RefObject<HTMLHeadingElement | null>;
  onOpen: (dialog: OpenDialog) => void;
}

export function YourKeys({ keys, stored, providers, lastUses, mayStore, heading, onOpen }: YourKeysProps) {
  const lastUseOf = (provider: string): LastUse | 'never' | undefined =>
    lastUses === undefined ? undefined : (lastUses.find((use) => use.provider === provider) ?? 'never');
  return (
    <section aria-labelledby="your-keys">
      <div class="section-head">
        <h2 id="your-keys" ref={heading} tabIndex={-1}>
          Your keys
        </h2>
        <span class="soft">
          {stored} of {providers} providers
        </span>
      </div>
      {keys.length === 0 && <p class="soft">No key fits the search.</p>}
      <div class="cards">
        {keys.map((key) => (
          <KeyCard
            key={key.provider}
            stored={key}
            lastUse={lastUseOf(key.provider)}
            mayStore={mayStore}
            onReplace={() => onOpen({ what: 'form', provider: key.provider })}
            onEdit={() => onOpen({ what: 'edit', provider: key.provider })}
            onDelete={() => onOpen({ what: 'delete', provider: key.provider })}
          />
        ))}
      </div>
    </section>
  );
}
