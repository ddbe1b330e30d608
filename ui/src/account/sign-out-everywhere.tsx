// The question before every session is ended, this one included.
import { answerOf, callLimit } from '../api/client.ts';
import { Dialog } from '../components/dialog.tsx';
import { ProblemLine } from '../keys/problem-line.tsx';
import { useWrite } from '../keys/use-write.ts';
import { SESSIONS, useStore } from '../store.ts';

export function SignOutEverywhere({ count, onClose }: { count: number; onClose: () => void }) {
  const { api, base, session } = useStore();
  const write = useWrite();
  const endAll = async (): Promise<void> => {
    const done = await write.run(async () => {
      await answerOf(api.DELETE('/auth/sessions', { signal: callLimit() }));
    });
    if (!done) return;
    // Other tabs look when this one goes.
    addEventListener('pagehide', () => session.changed(SESSIONS), { once: true });
    location.assign(`${base}/`);
  };
  return (
    <Dialog title="Sign out everywhere?" onClose={onClose} busy={write.busy}>
      <div class="form">
        <p>
          {count === 1 ? 'Your only session ends, the one' : `All ${count} sessions end, also the one`} in this browser.
          You have to sign in again, here and wherever else you use this service.
        </p>
        <p class="soft">Your keys stay, and services go on using them.</p>
        <div aria-live="polite">{write.problem !== undefined && <ProblemLine problem={write.problem} />}</div>
        <div class="dialog-actions">
          {/* The safe answer has the focus. */}
          <button
            type="button"
            class="button quiet"
            ref={(button) => button?.focus()}
            disabled={write.busy}
            onClick={onClose}
          >
            Stay signed in
          </button>
          <button type="button" class="button danger" disabled={write.busy} onClick={() => void endAll()}>
            {write.busy ? 'Signing out …' : 'Sign out everywhere'}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
