// The filter of the audit log. Choices count at once, what is typed on Enter or on leaving the field.
import { useEffect, useId, useState } from 'preact/hooks';
import type { ProviderInfo } from '../../store.ts';
import { setQuery } from '../query.ts';
import { FILTERS, type FilterName } from './audit-filter.ts';
import { ACTIONS, OUTCOMES } from './audit-words.ts';

interface AuditFiltersProps {
  query: URLSearchParams;
  providers: readonly ProviderInfo[];
}

export function AuditFilters({ query, providers }: AuditFiltersProps) {
  const isSet = FILTERS.some((name) => query.has(name));
  const actions = Object.entries(ACTIONS).map(([id, word]) => [id, word] as const);
  const outcomes = Object.entries(OUTCOMES).map(([id, { word }]) => [id, word] as const);
  return (
    <search>
      <form class="filters audit-filters" onSubmit={(event) => event.preventDefault()}>
        <Choice query={query} name="action" label="What" every="Everything" options={actions} />
        <Choice query={query} name="outcome" label="Outcome" every="Every outcome" options={outcomes} />
        <Choice
          query={query}
          name="provider"
          label="Provider"
          every="Every provider"
          options={providers.map(({ id, name }) => [id, name])}
        />
        <Field query={query} name="actor" label="Done by" placeholder="Id or service" />
        <Field query={query} name="subject" label="Concerns" placeholder="Id of a person" />
        <Field query={query} name="request_id" label="Request" placeholder="Request id" />
        <Field query={query} name="from" label="From" type="date" />
        <Field query={query} name="to" label="Until" type="date" />
        {isSet && (
          <button
            type="button"
            class="plain clear"
            onClick={() => setQuery(Object.fromEntries(FILTERS.map((name) => [name, undefined])))}
          >
            Clear the filter
          </button>
        )}
      </form>
    </search>
  );
}

interface PartProps {
  query: URLSearchParams;
  name: FilterName;
  label: string;
}

function Choice({
  query,
  name,
  label,
  every,
  options,
}: PartProps & { every: string; options: readonly (readonly [id: string, word: string])[] }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={query.get(name) ?? ''}
        onChange={(event) => setQuery({ [name]: event.currentTarget.value })}
      >
        <option value="">{every}</option>
        {options.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
    </div>
  );
}

function Field({
  query,
  name,
  label,
  type = 'text',
  placeholder,
}: PartProps & { type?: 'text' | 'date'; placeholder?: string }) {
  const id = useId();
  const asked = query.get(name) ?? '';
  const [typed, setTyped] = useState(asked);
  useEffect(() => setTyped(asked), [asked]);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        // Both kinds take the same properties; their types differ all the same.
        type={type as 'text'}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        maxLength={255}
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder}
        onChange={(event) => setQuery({ [name]: event.currentTarget.value.trim() })}
      />
    </div>
  );
}
