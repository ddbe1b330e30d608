// A modal dialog of the browser's own: it keeps the focus inside and gives it back. The Escape key closes it.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
  title: string;
  /** Asked to close: by Escape, or by a button with `value="cancel"`. */
  onClose: () => void;
  /** While something is under way that must not be cut short. */
  busy?: boolean;
  /** Must be answered: Escape does nothing. */
  required?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, busy = false, required = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const { current } = dialog;
    // Who opened it has the focus back when it goes.
    const before = (current?.getRootNode() as Document | ShadowRoot | undefined)?.activeElement;
    current?.showModal();
    return () => {
      current?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!busy && !required) onClose();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
