// Covers the page when nobody is signed in any more. Signing in leads back to the same place; where somebody signs in
// in another tab, it goes by itself, and what was typed is still there.
import { useSessionEnded, useStore } from '../store.ts';
import { Dialog } from './dialog.tsx';

export function SessionEnded() {
  const { root } = useStore();
  if (!useSessionEnded()) return null;
  const here = `${location.pathname}${location.search}`;
  return (
    <Dialog title="Your session has ended" onClose={() => {}} required>
      <p class="lead">Sign in again to go on. You come back to this page.</p>
      <div class="dialog-actions">
        {/* In this window, whatever a <base target> of the page around says: one comes back to this page. */}
        <a class="button" autofocus href={`${root}/auth/login?return_to=${encodeURIComponent(here)}`} target="_self">
          Sign in
        </a>
      </div>
    </Dialog>
  );
}
