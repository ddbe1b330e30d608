// What is shown of the activity: which kind, of which provider, from when to when.
import { useRef } from 'preact/hooks';
import type { ProviderInfo } from '../store.ts';
import { type Filter, isFiltered, KINDS } from './activity-filter.ts';

interface FiltersProps {
  filter: Filter;
  onFilter: (change: Partial<Filter>) => void;
  providers: readonly ProviderInfo[];
}

export function ActivityFilters({ filter, onFilter, providers }: FiltersProps) {
  const { kind, provider, from, to } = filter;
  const first = useRef<HTMLSelectElement>(null);
  const known = providers.some(({ id }) => id === provider);
  const isUpsideDown = from !== '' && to !== '' && from > to;
  return (
    <search class="filters activity-filters">
      <div class="field">
        <label for="activity-kind">Show</label>
        <select
          ref={first}
          id="activity-kind"
          value={kind}
          onChange={(event) => onFilter({ kind: event.currentTarget.value })}
        >
          {KINDS.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="activity-provider">Provider</label>
        <select
          id="activity-provider"
          value={provider}
          onChange={(event) => onFilter({ provider: event.currentTarget.value })}
        >
          <option value="">All providers</option>
          {!known && provider !== '' && <option value={provider}>{provider}</option>}
          {providers.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <Day name="From" value={from} onDay={(day) => onFilter({ from: day })} upsideDown={isUpsideDown} />
      <Day name="To" value={to} onDay={(day) => onFilter({ to: day })} upsideDown={isUpsideDown} />
      <button
        type="button"
        class="button quiet clear"
        disabled={!isFiltered(filter)}
        onClick={() => {
          // The button has nothing more to do.
          first.current?.focus();
          onFilter({ kind: 'all', provider: '', from: '', to: '' });
        }}
      >
        Clear filters
      </button>
      {isUpsideDown && (
        <p class="problem-line" id="activity-days" role="alert">
          The first day is after the last one.
        </p>
      )}
    </search>
  );
}

interface DayProps {
  name: string;
  value: string;
  onDay: (day: string) => void;
  upsideDown: boolean;
}

function Day({ name, value, onDay, upsideDown }: DayProps) {
  const id = `activity-${name.toLowerCase()}`;
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <input
        id={id}
        type="date"
        value={value}
        aria-invalid={upsideDown}
        aria-describedby={upsideDown ? 'activity-days' : undefined}
        // `change` would come before a year has been typed to its end.
        onInput={(event) => {
          const day = event.currentTarget.value;
          if (day === '' || day >= '1000') onDay(day);
        }}
      />
    </div>
  );
}
