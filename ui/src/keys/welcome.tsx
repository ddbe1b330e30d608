// What somebody without keys needs to know, or without a tier that has them.
import { Notice } from '../components/notice.tsx';
import type { Me } from '../store.ts';

export function UpgradeHint({ me }: { me: Me }) {
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

export function Welcome({ mayStore }: { mayStore: boolean }) {
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
          <p>It is encrypted at once. No person sees it again, you included; we ask the provider whether it works.</p>
        </li>
        <li>
          <strong>Go on as usual</strong>
          <p>The platform uses it on your behalf. Activity shows each time, and you can delete it any moment.</p>
        </li>
      </ol>
    </section>
  );
}
