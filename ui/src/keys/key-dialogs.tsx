// The dialog that is open over the keys, if one is.
import { useRef } from 'preact/hooks';
import type { ProviderInfo, StoredKey } from '../store.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { EditDialog } from './edit-dialog.tsx';
import { KeyForm } from './key-form.tsx';

export interface OpenDialog {
  readonly what: 'form' | 'edit' | 'delete';
  readonly provider: string;
}

interface KeyDialogsProps {
  open: OpenDialog;
  providers: readonly ProviderInfo[];
  stored: ReadonlyMap<string, StoredKey>;
  mayStore: boolean;
  onOpen: (dialog: OpenDialog) => void;
  /** @param deleted whether the key is gone. */
  onClose: (deleted: boolean) => void;
}

export function KeyDialogs({ open, providers, stored, mayStore, onOpen, onClose }: KeyDialogsProps) {
  const handover = useRef('');
  const provider = providers.find(({ id }) => id === open.provider);
  const key = stored.get(open.provider);
  const close = (): void => onClose(false);
  if (open.what === 'form')
    return (
      provider && (
        <KeyForm
          key={provider.id}
          provider={provider}
          stored={stored}
          all={providers}
          handover={handover}
          onProvider={(id) => onOpen({ what: 'form', provider: id })}
          onClose={close}
        />
      )
    );
  if (key === undefined) return null;
  return open.what === 'edit' ? (
    <EditDialog stored={key} onlyOff={!mayStore} onClose={close} />
  ) : (
    <DeleteDialog stored={key} onClose={onClose} />
  );
}
