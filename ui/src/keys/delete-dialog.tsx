// The question before a key is deleted.
import { answerOf, callLimit } from '../api/client.ts';
import { ConfirmDialog } from '../components/confirm-dialog.tsx';
import { KEYS, PREFIX, providerId, type StoredKey, useStore } from '../store.ts';

export function DeleteDialog({ stored, onClose }: { stored: StoredKey; onClose: (deleted: boolean) => void }) {
  const { api, session, announce } = useStore();
  const name = stored.provider_name;
  const remove = async (): Promise<void> => {
    const params = { path: { provider: providerId(stored.provider) } };
    await answerOf(api.DELETE(`${PREFIX}/keys/{provider}`, { params, signal: callLimit() }));
    session.changed(KEYS);
    announce(`${name} key deleted`);
  };
  return (
    <ConfirmDialog
      title={`Delete your ${name} key?`}
      keep="Keep it"
      confirm="Delete key"
      busy="Deleting …"
      action={remove}
      onClose={onClose}
    >
      <p>
        <strong>{stored.label}</strong>, <code>{stored.key_preview}</code>
      </p>
      <ul class="consequences">
        <li>Services stop getting it at once; a copy in their memory lasts five minutes at most.</li>
        <li>It cannot be brought back from here. To use it again you have to paste it again.</li>
        <li>
          {stored.provider === 'custom' ? 'Its provider' : name} still accepts it. If others may have seen it, revoke it
          there as well.
        </li>
      </ul>
    </ConfirmDialog>
  );
}
