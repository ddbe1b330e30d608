// One person: who they are and which keys they have. Nothing of a key itself is known here.
import { useEffect, useRef, useState } from 'preact/hooks';
import { answerOf } from '../../api/client.ts';
import { useAsked } from '../../asked.ts';
import { ResourceState } from '../../components/notice.tsx';
import { ProviderMark } from '../../components/provider-mark.tsx';
import { serviceName } from '../../components/service-name.ts';
import { Ago } from '../../components/time.tsx';
import { stateOf } from '../../keys/key-state.ts';
import { Link } from '../../router.tsx';
import { KEYS, PREFIX, useStore } from '../../store.ts';
import { nameOf, type Person, type PersonKey } from './person.ts';
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
          <header class="card whole-person">
            <span class="avatar" data-tier={data.user.tier} aria-hidden="true">
              {nameOf(data.user).charAt(0).toUpperCase()}
            </span>
            <div>
              <h2 id="person" ref={heading} tabIndex={-1}>
                {nameOf(data.user)}
              </h2>
              {data.user.email !== null && <p class="email">{data.user.email}</p>}
              <p class="id">
                <span class="soft">Id</span> <code>{data.user.id}</code>
              </p>
            </div>
            <p class="marks">
              {!data.user.enabled && <DisabledMark />}
              <Tier tier={data.user.tier} />
            </p>
            <p class="more">
              <Link to={`/admin/audit?subject=${encodeURIComponent(data.user.id)}`} path="/admin/people">
                What happened to their account
              </Link>
            </p>
          </header>
          <div class="section-head">
            <h3 class="keys-head">Keys</h3>
          </div>
          {data.items.length === 0 ? (
            <div class="empty">
              <p class="soft">{nameOf(data.user)} has no keys stored.</p>
            </div>
          ) : (
            <KeyTable keys={data.items} onRevoke={setRevoking} />
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

function KeyTable({ keys, onRevoke }: { keys: readonly PersonKey[]; onRevoke: (key: PersonKey) => void }) {
  return (
    <div class="table">
      <table class="rows stack with-action" aria-label="Keys of this person">
        <thead>
          <tr>
            <th scope="col">Provider</th>
            <th scope="col">State</th>
            <th scope="col">Added</th>
            <th scope="col">Last test</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span class="visually-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => {
            const { word, tone } = stateOf(key);
            return (
              <tr key={key.provider}>
                <th scope="row">
                  <span class="provider">
                    <ProviderMark id={key.provider} name={key.provider_name} />
                    {key.provider_name}
                  </span>
                </th>
                <td data-label="State">
                  <span class="badge" data-tone={tone}>
                    {word}
                  </span>
                </td>
                <td data-label="Added">{key.added_date === null ? 'Not known' : <Ago at={key.added_date} />}</td>
                <td data-label="Last test">{key.last_tested === null ? 'Never' : <Ago at={key.last_tested} />}</td>
                <td data-label="Last used">
                  {key.last_used_at === null ? (
                    'Never'
                  ) : (
                    <span>
                      <Ago at={key.last_used_at} /> by {serviceName(key.last_used_by ?? 'a service')}
                    </span>
                  )}
                </td>
                <td class="action">
                  <button type="button" class="plain danger" onClick={() => onRevoke(key)}>
                    Revoke<span class="visually-hidden"> the {key.provider_name} key</span>
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
