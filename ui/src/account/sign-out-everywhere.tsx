// The question before every session is ended, this one included.
import { answerOf, callLimit } from '../api/client.ts';
import { ConfirmDialog } from '../components/confirm-dialog.tsx';
import { SESSIONS, useStore } from '../store.ts';

export function SignOutEverywhere({ count, onClose }: { count: number; onClose: () => void }) {
  const { api, root, session } = useStore();
  const endAll = async (): Promise<void> => {
    await answerOf(api.DELETE('/auth/sessions', { signal: callLimit() }));
  };
  const leave = (): void => {
    // Other tabs look when this one goes.
    addEventListener('pagehide', () => session.changed(SESSIONS), { once: true });
    location.assign(`${root}/`);
  };
  return (
    <ConfirmDialog
      title="Sign out everywhere?"
      keep="Stay signed in"
      confirm="Sign out everywhere"
      busy="Signing out …"
      action={endAll}
      onClose={(done) => (done ? leave() : onClose())}
    >
      <p>
        {count === 1 ? 'Your only session ends, the one' : `All ${count} sessions end, also the one`} in this browser.
        You have to sign in again, here and wherever else you use this service.
      </p>
      <p class="soft">Your keys stay, and services go on using them.</p>
    </ConfirmDialog>
  );
}
