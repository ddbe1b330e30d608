// Who is signed in, what their tier allows, and where else they are signed in.
import { ResourceState } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { useResource } from '../resource.ts';
import { SESSIONS, useStore } from '../store.ts';
import { Person } from './person.tsx';
import { Sessions } from './sessions.tsx';
import { Terminal } from './terminal.tsx';
import { TierCard } from './tier-card.tsx';
import './account.css';

export function AccountPage() {
  const store = useStore();
  const me = useResource(store.me);
  return (
    <Page title="Account" lead="Who you are here, and where you are signed in." aside={<SignOut />}>
      <ResourceState of={store.me} state={me} what="your account" />
      {me.data !== undefined && (
        <div class="account-top">
          <Person me={me.data} />
          <TierCard me={me.data} />
        </div>
      )}
      <Sessions />
      <Terminal email={me.data?.email ?? null} />
    </Page>
  );
}

/** A form, so that the answer can lead to the identity provider, which signs out as well. */
function SignOut() {
  const { root, session } = useStore();
  return (
    <form
      method="post"
      action={`${root}/auth/logout`}
      onSubmit={() => {
        // The page goes when the answer is there: only then does it help other tabs to look.
        addEventListener('pagehide', () => session.changed(SESSIONS), { once: true });
      }}
    >
      <button type="submit" class="button quiet">
        Sign out
      </button>
    </form>
  );
}
