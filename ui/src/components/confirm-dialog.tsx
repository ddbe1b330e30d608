// The question before something that cannot be taken back, with what follows from it. The safe answer has the focus.
import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.tsx';
import { ProblemLine } from './problem-line.tsx';
import { useWrite } from './use-write.ts';

interface ConfirmDialogProps {
  title: string;
  /** What the buttons say. */
  keep: string;
  confirm: string;
  /** In place of `confirm` while it is under way. */
  busy: string;
  /** Rejects with a ProblemError where it was not done; the dialog stays then and says why. */
  action: () => Promise<void>;
  /** @param done whether it was done. */
  onClose: (done: boolean) => void;
  children: ComponentChildren;
}

export function ConfirmDialog({ title, keep, confirm, busy, action, onClose, children }: ConfirmDialogProps) {
  const write = useWrite();
  const act = async (): Promise<void> => {
    if (await write.run(action)) onClose(true);
  };
  return (
    <Dialog title={title} onClose={() => onClose(false)} busy={write.busy}>
      <div class="form">
        {children}
        <div aria-live="polite">{write.problem !== undefined && <ProblemLine problem={write.problem} />}</div>
        <div class="dialog-actions">
          <button type="button" class="button quiet" autofocus disabled={write.busy} onClick={() => onClose(false)}>
            {keep}
          </button>
          <button type="button" class="button danger" disabled={write.busy} onClick={() => void act()}>
            {write.busy ? busy : confirm}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
