// The question before a key is deleted, with what follows from it.
import { answerOf, callLimit } from '../api/client.ts';
import { Dialog } from '../components/dialog.tsx';
import { KEYS, PREFIX, providerId, type StoredKey, useStore } from '../store.ts';
import { ProblemLine } from './problem-line.tsx';
import { useWrite } from './use-write.ts';

export function DeleteDialog({ stored, onClose }: { stored: StoredKey; onClose: (deleted: boolean) => void }) {
  const { api, session, announce } = useStore();
  const write = useWrite();
  const name = stored.provider_name;
  const remove = async (): Promise<void> => {
    const params = { path: { provider: providerId(stored.provider) } };
    const done = await write.run(async () => {
      await answerOf(api.DELETE(`${PREFIX}/keys/{provider}`, { params, signal: callLimit() }));
      session.changed(KEYS);
      announce(`${name} key deleted`);
    });
    if (done) onClose(true);
  };
  return (
    <Dialog title={`Delete your ${name} key?`} onClose={() => onClose(false)} busy={write.busy}>
      <div class="form">
        <p>
          <strong>{stored.label}</strong>, <code>{stored.key_preview}</code>
        </p>
        <ul class="consequences">
          <li>Services stop getting it at once; a copy in their memory lasts five minutes at most.</li>
          <li>It cannot be brought back from here. To use it again you have to paste it again.</li>
          <li>
            {stored.provider === 'custom' ? 'Its provider' : name} still accepts it. If others may have seen it, revoke
            it there as well.
          </li>
        </ul>
        <div aria-live="polite">{write.problem !== undefined && <ProblemLine problem={write.problem} />}</div>
        <div class="dialog-actions">
          {/* The safe answer has the focus. */}
          <button type="button" class="button quiet" autofocus disabled={write.busy} onClick={() => onClose(false)}>
            Keep it
          </button>
          <button type="button" class="button danger" disabled={write.busy} onClick={() => void remove()}>
            {write.busy ? 'Deleting …' : 'Delete key'}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
