// The providers for which there is no key yet.
import { ProviderMark } from '../components/provider-mark.tsx';
import type { ProviderInfo } from '../store.ts';

interface OffersProps {
  offers: readonly ProviderInfo[];
  mayStore: boolean;
  onAdd: (provider: string) => void;
}

export function Offers({ offers, mayStore, onAdd }: OffersProps) {
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
