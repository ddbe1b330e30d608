// The keys of the person: those that are stored, and the providers for which there is none yet.
import { useRef, useState } from 'preact/hooks';
import { Notice, ResourceState } from '../components/notice.tsx';
import { useResource } from '../resource.ts';
import { type LastUse, type Me, type ProviderInfo, type StoredKey, useStore } from '../store.ts';
import { KeyDialogs, type OpenDialog } from './key-dialogs.tsx';
import { KeySearch } from './key-search.tsx';
import { selectKeys } from './key-selection.ts';
import { Offers } from './offers.tsx';
import { UpgradeHint, Welcome } from './welcome.tsx';
import { YourKeys } from './your-keys.tsx';

export function KeysView() {
  const store = useStore();
  const me = useResource(store.me);
  const providers = useResource(store.providers);
  const keys = useResource(store.keys);
  const lastUses = useResource(store.lastUses);
  return (
    <>
      <ResourceState of={store.keys} state={keys} what="your keys" />
      {keys.data !== undefined && (providers.data === undefined || me.data === undefined) && (
        <ResourceState
          of={providers.data === undefined ? store.providers : store.me}
          state={providers.data === undefined ? providers : me}
          what="the providers"
        />
      )}
      {keys.data?.staleSeconds !== undefined && (
        <Notice tone="warn" title="The account directory cannot be reached">
          These keys are shown as they were {Math.max(1, Math.round(keys.data.staleSeconds / 60))} min ago. Changes have
          to wait until it is back.
        </Notice>
      )}
      {keys.data !== undefined && providers.data !== undefined && me.data !== undefined && (
        <KeysAndOffers keys={keys.data.keys} providers={providers.data} me={me.data} lastUses={lastUses.data} />
      )}
    </>
  );
}

interface KeysAndOffersProps {
  keys: readonly StoredKey[];
  providers: readonly ProviderInfo[];
  me: Me;
  /** Undefined: not known (yet). */
  lastUses: readonly LastUse[] | undefined;
}

function KeysAndOffers({ keys, providers, me, lastUses }: KeysAndOffersProps) {
  const [open, setOpen] = useState<OpenDialog>();
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState('all');
  const heading = useRef<HTMLHeadingElement>(null);
  const stored = new Map(keys.map((key) => [key.provider, key]));
  const { searchable, keys: mine, offers } = selectKeys({ providers, stored, search, shown });
  const mayStore = me.may_store_keys;
  const close = (deleted: boolean): void => {
    setOpen(undefined);
    // The button that had the focus goes with the card.
    if (deleted) requestAnimationFrame(() => heading.current?.focus());
  };
  return (
    <>
      {!mayStore && <UpgradeHint me={me} />}
      {searchable && <KeySearch search={search} onSearch={setSearch} shown={shown} onShown={setShown} />}
      {stored.size === 0 ? (
        <Welcome mayStore={mayStore} />
      ) : (
        <YourKeys
          keys={mine}
          stored={stored.size}
          providers={providers.length}
          lastUses={lastUses}
          mayStore={mayStore}
          heading={heading}
          onOpen={setOpen}
        />
      )}
      {offers.length > 0 && (
        <section aria-labelledby="add-a-provider">
          <div class="section-head">
            <h2 id="add-a-provider" tabIndex={-1} ref={stored.size === 0 ? heading : undefined}>
              {!mayStore ? 'Supported providers' : stored.size === 0 ? 'Choose a provider' : 'Add a provider'}
            </h2>
          </div>
          <Offers offers={offers} mayStore={mayStore} onAdd={(provider) => setOpen({ what: 'form', provider })} />
        </section>
      )}
      {open !== undefined && (
        <KeyDialogs
          open={open}
          providers={providers}
          stored={stored}
          mayStore={mayStore}
          onOpen={setOpen}
          onClose={close}
        />
      )}
    </>
  );
}
