// What one may do here, and what a higher tier would bring.
import type { Me } from '../store.ts';

/** In any tier. */
const ALWAYS = ['Test, turn off or delete the keys you have', 'See all activity, and export it'];
const STORING = [
  'Store a key for each provider, and replace it',
  'Have chat, search and agents call providers with your keys',
];

export function TierCard({ me }: { me: Me }) {
  const { tier, may_store_keys: mayStore, required_tier: required, upgrade_url: upgradeUrl } = me;
  return (
    <section class="card account-card" aria-labelledby="account-tier">
      <div class="account-tier">
        <h2 id="account-tier">Your tier</h2>
        <span class="tier" data-tier={tier}>
          {words(tier)}
        </span>
      </div>
      <p>
        {mayStore
          ? 'It includes keys of your own, and everything else on these pages.'
          : `It does not include keys of your own. They begin with the ${words(required)} tier.`}
      </p>
      <ul class="allowed">
        {[...(mayStore ? STORING : []), ...ALWAYS].map((what) => (
          <Allowed key={what} what={what} yes />
        ))}
        {!mayStore && STORING.map((what) => <Allowed key={what} what={what} yes={false} tier={words(required)} />)}
      </ul>
      {!mayStore &&
        (upgradeUrl === null ? (
          <p class="soft">Ask your administrator if you need a higher tier.</p>
        ) : (
          <a class="button small" href={upgradeUrl}>
            Upgrade
          </a>
        ))}
    </section>
  );
}

function Allowed({ what, yes, tier }: { what: string; yes: boolean; tier?: string }) {
  return (
    <li data-allowed={yes}>
      <svg viewBox="0 0 20 20" aria-hidden="true" focusable="false">
        <path d={yes ? 'M4.5 10.5l3.5 3.5 7.5-8' : 'M6 9V7a4 4 0 0 1 8 0v2M5 9h10v7H5z'} />
      </svg>
      <span>
        {what}
        {!yes && <span class="soft"> (from {tier})</span>}
      </span>
    </li>
  );
}

const words = (tier: string): string => tier.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
