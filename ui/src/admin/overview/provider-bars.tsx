// How many keys there are of each provider.
import { many } from '../numbers.ts';
import type { Overview } from './overview.ts';

export function ProviderBars({ keys }: Pick<Overview, 'keys'>) {
  const most = Math.max(1, ...(keys ?? []).map((one) => one.keys));
  const total = (keys ?? []).reduce((sum, one) => sum + one.keys, 0);
  // Where two have as many, the order of the answer stays.
  const sorted = [...(keys ?? [])].sort((a, b) => b.keys - a.keys);
  return (
    <section class="card by-provider" aria-labelledby="by-provider">
      <div class="section-head">
        <h2 id="by-provider">Keys by provider</h2>
        {keys !== null && <span class="soft">{many(total, 'key')}</span>}
      </div>
      {keys === null ? (
        <p class="soft">Not known right now: the database does not answer.</p>
      ) : (
        <ul class="bars" aria-labelledby="by-provider">
          {sorted.map((one) => (
            <li key={one.provider}>
              <span>{one.provider_name}</span>
              <strong>
                {one.keys}
                <span class="visually-hidden"> {one.keys === 1 ? 'key' : 'keys'}</span>
              </strong>
              <span class="track" aria-hidden="true">
                <span style={{ '--share': `${(one.keys / most) * 100}%` }} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
