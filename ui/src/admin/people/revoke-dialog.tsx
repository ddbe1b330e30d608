// The question before an administrator takes somebody's key away.
import { answerOf, callLimit } from '../../api/client.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { KEYS, PREFIX, providerId, useStore } from '../../store.ts';
import { nameOf, type PersonKey } from './person.ts';

interface RevokeDialogProps {
  person: Parameters<typeof nameOf>[0];
  personKey: PersonKey;
  onClose: (revoked: boolean) => void;
}

export function RevokeDialog({ person, personKey, onClose }: RevokeDialogProps) {
  const { api, session, announce } = useStore();
  const { provider, provider_name: name } = personKey;
  const revoke = async (): Promise<void> => {
    const params = { path: { id: person.id, provider: providerId(provider) } };
    await answerOf(api.POST(`${PREFIX}/admin/users/{id}/keys/{provider}/revoke`, { params, signal: callLimit() }));
    session.changed(KEYS);
    announce(`${name} key of ${nameOf(person)} revoked`);
  };
  return (
    <ConfirmDialog
      title={`Revoke the ${name} key?`}
      keep="Leave it"
      confirm="Revoke key"
      busy="Revoking …"
      action={revoke}
      onClose={onClose}
    >
      <p>
        It belongs to <strong>{nameOf(person)}</strong>
        {person.name !== null && person.email !== null && <>, {person.email}</>}.
      </p>
      <ul class="consequences">
        <li>It is removed from this platform. Nobody can bring it back from here.</li>
        <li>Services stop getting it within five minutes.</li>
        <li>They see in their activity that an administrator removed it, but not who it was.</li>
        <li>
          {provider === 'custom' ? 'Its provider' : name} still accepts it. If others may have seen it, they have to
          revoke it there as well.
        </li>
      </ul>
    </ConfirmDialog>
  );
}
