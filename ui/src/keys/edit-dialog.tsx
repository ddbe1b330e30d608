// What can change of a key without the key itself: its label, and whether services get it.
import { useId } from 'preact/hooks';
import { answerOf, callLimit } from '../api/client.ts';
import { Dialog } from '../components/dialog.tsx';
import { ProblemLine } from '../components/problem-line.tsx';
import { useWrite } from '../components/use-write.ts';
import { KEYS, PREFIX, providerId, type StoredKey, useStore } from '../store.ts';

interface EditDialogProps {
  stored: StoredKey;
  /** Where the tier does not allow keys they can still be turned off, nothing else. */
  onlyOff: boolean;
  onClose: () => void;
}

export function EditDialog({ stored, onlyOff, onClose }: EditDialogProps) {
  const { api, session, announce } = useStore();
  const write = useWrite();
  const id = useId();
  const save = async (form: HTMLFormElement): Promise<void> => {
    const data = new FormData(form);
    const enabled = data.has('enabled');
    const label = String(data.get('label') ?? '').trim();
    const body = {
      ...(label === stored.label || onlyOff ? {} : { label }),
      ...(enabled === stored.enabled ? {} : { enabled }),
    };
    if (Object.keys(body).length === 0) return onClose();
    const params = { path: { provider: providerId(stored.provider) } };
    const done = await write.run(async () => {
      await answerOf(api.PATCH(`${PREFIX}/keys/{provider}`, { params, body, signal: callLimit() }));
      session.changed(KEYS);
      announce(`${stored.provider_name} key changed`);
    });
    if (done) onClose();
  };
  return (
    <Dialog title={`Edit your ${stored.provider_name} key`} onClose={onClose} busy={write.busy}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save(event.currentTarget);
        }}
      >
        <div class="field">
          <label for={id}>Label</label>
          <input
            id={id}
            name="label"
            maxLength={100}
            defaultValue={stored.label}
            disabled={onlyOff}
            placeholder={`${stored.provider_name} Key`}
          />
        </div>
        <MayUse stored={stored} onlyOff={onlyOff} />
        <div aria-live="polite">{write.problem !== undefined && <ProblemLine problem={write.problem} />}</div>
        <div class="dialog-actions">
          <button type="button" class="button quiet" onClick={onClose} disabled={write.busy}>
            Cancel
          </button>
          <button type="submit" class="button" disabled={write.busy}>
            {write.busy ? 'Saving …' : 'Save changes'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function MayUse({ stored, onlyOff }: Pick<EditDialogProps, 'stored' | 'onlyOff'>) {
  const id = useId();
  return (
    <div class="check">
      <input
        id={id}
        name="enabled"
        type="checkbox"
        defaultChecked={stored.enabled}
        disabled={onlyOff && !stored.enabled}
        aria-describedby={`${id}-about`}
      />
      <div>
        <label for={id}>Services may use this key</label>
        <p class="hint-line" id={`${id}-about`}>
          Turned off, it stays stored, and services stop getting it within five minutes.
        </p>
      </div>
    </div>
  );
}
