// The question before an administrator takes somebody's key away, with what follows from it.
import { answerOf, callLimit } from '../api/client.ts';
import { Dialog } from '../components/dialog.tsx';
import { ProblemLine } from '../keys/problem-line.tsx';
import { useWrite } from '../keys/use-write.ts';
import { KEYS, PREFIX, providerId, useStore } from '../store.ts';
import { nameOf, type PersonKey } from './person-view.tsx';

interface RevokeDialogProps {
  person: Parameters<typeof nameOf>[0];
  personKey: PersonKey;
  onClose: (revoked: boolean) => void;
}

export function RevokeDialog({ person, personKey, onClose }: RevokeDialogProps) {
  const { api, session, announce } = useStore();
  const write = useWrite();
  const { provider, provider_name: name } = personKey;
  const revoke = async (): Promise<void> => {
    const params = { path: { id: person.id, provider: providerId(provider) } };
    const done = await write.run(async () => {
      await answerOf(api.POST(`${PREFIX}/admin/users/{id}/keys/{provider}/revoke`, { params, signal: callLimit() }));
      session.changed(KEYS);
      announce(`${name} key of ${nameOf(person)} revoked`);
    });
    if (done) onClose(true);
  };
  return (
    <Dialog title={`Revoke the ${name} key?`} onClose={() => onClose(false)} busy={write.busy}>
      <div class="form">
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
        <div aria-live="polite">{write.problem !== undefined && <ProblemLine problem={write.problem} />}</div>
        <div class="dialog-actions">
          {/* The safe answer has the focus. */}
          <button type="button" class="button quiet" autofocus disabled={write.busy} onClick={() => onClose(false)}>
            Leave it
          </button>
          <button type="button" class="button danger" disabled={write.busy} onClick={() => void revoke()}>
            {write.busy ? 'Revoking …' : 'Revoke key'}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
