// One person: who they are and which keys they have. Nothing of a key itself is known here.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { answerOf } from '../../api/client.ts';
import { useAsked } from '../../asked.ts';
import { ResourceState } from '../../components/notice.tsx';
import { Link } from '../../router.tsx';
import { KEYS, PREFIX, useStore } from '../../store.ts';
import { nameOf, type Person, type PersonKey } from './person.ts';
import { PersonKeys } from './person-keys.tsx';
import { DisabledMark, Tier } from './person-marks.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';

export function PersonView({ id }: { id: string }) {
  const { api } = useStore();
  const [revoking, setRevoking] = useState<PersonKey>();
  const heading = useRef<HTMLHeadingElement>(null);
  const { resource, state } = useAsked<Person>({
    question: id,
    topics: [KEYS],
    load: (signal) => answerOf(api.GET(`${PREFIX}/admin/users/{id}/keys`, { params: { path: { id } }, signal })),
  });
  const isThere = state.data !== undefined;
  // Who chose a person goes on with them.
  useEffect(() => heading.current?.focus(), [isThere]);
  const { data } = state;
  return (
    <>
      <p class="back">
        <Link to="/admin/people" path="/admin/people?user">
          ← Back to the search
        </Link>
      </p>
      <ResourceState of={resource} state={state} what="this person" />
      {data !== undefined && (
        <section aria-labelledby="person">
          <PersonHead person={data.user} heading={heading} />
          <div class="section-head">
            <h3 class="keys-head">Keys</h3>
          </div>
          {data.items.length === 0 ? (
            <div class="empty">
              <p class="soft">{nameOf(data.user)} has no keys stored.</p>
            </div>
          ) : (
            <PersonKeys keys={data.items} onRevoke={setRevoking} />
          )}
          {revoking !== undefined && (
            <RevokeDialog
              person={data.user}
              personKey={revoking}
              onClose={(revoked) => {
                setRevoking(undefined);
                // The button that had the focus goes with the row.
                if (revoked) requestAnimationFrame(() => heading.current?.focus());
              }}
            />
          )}
        </section>
      )}
    </>
  );
}

interface PersonHeadProps {
  person: Person['user'];
  heading: RefObject<HTMLHeadingElement | null>;
}

function PersonHead({ person, heading }: PersonHeadProps) {
  const { id, email, enabled, tier } = person;
  return (
    <header class="card whole-person">
      <span class="avatar" data-tier={tier} aria-hidden="true">
        {nameOf(person).charAt(0).toUpperCase()}
      </span>
      <div>
        <h2 id="person" ref={heading} tabIndex={-1}>
          {nameOf(person)}
        </h2>
        {email !== null && <p class="email">{email}</p>}
        <p class="id">
          <span class="soft">Id</span> <code>{id}</code>
        </p>
      </div>
      <p class="marks">
        {!enabled && <DisabledMark />}
        <Tier tier={tier} />
      </p>
      <p class="more">
        <Link to={`/admin/audit?subject=${encodeURIComponent(id)}`} path="/admin/people">
          What happened to their account
        </Link>
      </p>
    </header>
  );
}
