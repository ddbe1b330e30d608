// Finding one among many providers.

interface KeySearchProps {
  search: string;
  onSearch: (text: string) => void;
  shown: string;
  onShown: (which: string) => void;
}

export function KeySearch({ search, onSearch, shown, onShown }: KeySearchProps) {
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
