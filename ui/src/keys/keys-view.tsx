// The keys of the person: those that are stored, and the providers for which there is none yet.
import { useRef, useState } from 'preact/hooks';
import { Notice, ResourceState } from '../components/notice.tsx';
import { ProviderMark } from '../components/provider-mark.tsx';
import { useResource } from '../resource.ts';
import { type LastUse, type Me, type ProviderInfo, type StoredKey, useStore } from '../store.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { EditDialog } from './edit-dialog.tsx';
import { KeyCard } from './key-card.tsx';
import { KeyForm } from './key-form.tsx';
import { stateOf } from './key-state.ts';

/** With more providers than these a search helps. */
const SEARCH_ABOVE = 8;

type Open = { readonly what: 'form' | 'edit' | 'delete'; readonly provider: string } | undefined;

export function KeysView() {
  const store = useStore();
  const me = useResource(store.me);
  const providers = useResource(store.providers);
  const keys = useResource(store.keys);
  const lastUses = useResource(store.lastUses);
  const [open, setOpen] = useState<Open>();
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState('all');
  const heading = useRef<HTMLHeadingElement>(null);

  const stored = new Map((keys.data?.keys ?? []).map((key) => [key.provider, key]));
  const all = providers.data ?? [];
  const ready = keys.data !== undefined && providers.data !== undefined && me.data !== undefined;
  const mayStore = me.data?.may_store_keys ?? false;
  const fits = ({ id, name }: ProviderInfo): boolean =>
    `${name} ${id} ${stored.get(id)?.label ?? ''}`.toLowerCase().includes(search.trim().toLowerCase());
  const searchable = all.length > SEARCH_ABOVE;
  const visible = searchable ? all.filter(fits) : all;
  const mine = visible.flatMap(({ id }) => stored.get(id) ?? []).filter((key) => isShown(key, shown));
  const offers = visible.filter(({ id }) => !stored.has(id) && (shown === 'all' || shown === 'none'));
  const lastUseOf = (provider: string): LastUse | 'never' | undefined =>
    lastUses.data === undefined ? undefined : (lastUses.data.find((use) => use.provider === provider) ?? 'never');
  const opened = open === undefined ? undefined : all.find(({ id }) => id === open.provider);
  const openedKey = open === undefined ? undefined : stored.get(open.provider);
  const close = (): void => setOpen(undefined);

  return (
    <>
      <ResourceState of={store.keys} state={keys} what="your keys" />
      {!ready && keys.data !== undefined && (
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
      {ready && (
        <>
          {me.data !== undefined && !mayStore && <UpgradeHint me={me.data} />}
          {searchable && <Search search={search} onSearch={setSearch} shown={shown} onShown={setShown} />}
          {stored.size === 0 ? (
            <Welcome mayStore={mayStore} />
          ) : (
            <section aria-labelledby="your-keys">
              <div class="section-head">
                <h2 id="your-keys" ref={heading} tabIndex={-1}>
                  Your keys
                </h2>
                <span class="soft">
                  {stored.size} of {all.length} providers
                </span>
              </div>
              {mine.length === 0 && <p class="soft">No key fits the search.</p>}
              <div class="cards">
                {mine.map((key) => (
                  <KeyCard
                    key={key.provider}
                    stored={key}
                    lastUse={lastUseOf(key.provider)}
                    mayStore={mayStore}
                    onReplace={() => setOpen({ what: 'form', provider: key.provider })}
                    onEdit={() => setOpen({ what: 'edit', provider: key.provider })}
                    onDelete={() => setOpen({ what: 'delete', provider: key.provider })}
                  />
                ))}
              </div>
            </section>
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
        </>
      )}
      {open?.what === 'form' && opened !== undefined && (
        <KeyForm provider={opened} stored={openedKey} all={all} onClose={close} />
      )}
      {open?.what === 'edit' && openedKey !== undefined && (
        <EditDialog stored={openedKey} onlyOff={!mayStore} onClose={close} />
      )}
      {open?.what === 'delete' && openedKey !== undefined && (
        <DeleteDialog
          stored={openedKey}
          onClose={(deleted) => {
            close();
            // The button that had the focus goes with the card.
            if (deleted) requestAnimationFrame(() => heading.current?.focus());
          }}
        />
      )}
    </>
  );
}

const isShown = (key: StoredKey, shown: string): boolean =>
  shown === 'all' ||
  (shown === 'good' && stateOf(key).tone === 'good') ||
  (shown === 'trouble' && ['warn', 'bad'].includes(stateOf(key).tone));

interface OffersProps {
  offers: readonly ProviderInfo[];
  mayStore: boolean;
  onAdd: (provider: string) => void;
}

function Offers({ offers, mayStore, onAdd }: OffersProps) {
  return (
    <ul class="offers">
      {offers.map(({ id, name }) => (
        <li class="offer" key={id}>
          <ProviderMark id={id} name={name} />
          <div>
            <h3>{name}</h3>
            <p>{id === 'custom' ? 'Any OpenAI-compatible API' : 'Not set'}</p>
          </div>
          {mayStore && (
            <button type="button" class="button quiet small" onClick={() => onAdd(id)}>
              Add<span class="visually-hidden"> {name} key</span>
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

function UpgradeHint({ me }: { me: Me }) {
  return (
    <Notice
      tone="info"
      title={`Storing keys begins with the ${words(me.required_tier)} tier`}
      action={
        me.upgrade_url !== null && (
          <a class="button small" href={me.upgrade_url}>
            Upgrade
          </a>
        )
      }
    >
      You are on {words(me.tier)}. {me.upgrade_url === null ? 'Ask your administrator to change it. ' : ''}
      Here is what you could use your own keys for.
    </Notice>
  );
}

const words = (tier: string): string => tier.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());

function Welcome({ mayStore }: { mayStore: boolean }) {
  return (
    <section class="card welcome" aria-labelledby="welcome">
      <div>
        <h2 id="welcome">{mayStore ? 'Add your first key' : 'How it works'}</h2>
        <p class="lead">
          With a key of your own, chat, search and agents call your provider on your account: your prices, your limits,
          your models.
        </p>
      </div>
      <ol class="steps">
        <li>
          <strong>Get a key</strong>
          <p>Choose a provider below. A link leads to the page where it gives out keys.</p>
        </li>
        <li>
          <strong>Paste it here</strong>
          <p>It is encrypted at once. Nobody sees it again, you included; we ask the provider whether it works.</p>
        </li>
        <li>
          <strong>Go on as usual</strong>
          <p>The platform uses it on your behalf. Activity shows each time, and you can delete it any moment.</p>
        </li>
      </ol>
    </section>
  );
}

interface SearchProps {
  search: string;
  onSearch: (text: string) => void;
  shown: string;
  onShown: (which: string) => void;
}

function Search({ search, onSearch, shown, onShown }: SearchProps) {
  return (
    <search class="filters">
      <div class="field">
        <label for="key-search">Search</label>
        <input
          id="key-search"
          type="search"
          value={search}
          placeholder="Provider or label"
          onInput={(event) => onSearch(event.currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for="key-filter">Show</label>
        <select id="key-filter" value={shown} onChange={(event) => onShown(event.currentTarget.value)}>
          <option value="all">All providers</option>
          <option value="good">Valid keys</option>
          <option value="trouble">Keys with a problem</option>
          <option value="none">Without a key</option>
        </select>
      </div>
    </search>
  );
}
