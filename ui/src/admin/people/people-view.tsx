// Finding people, and one of them with their keys. Who is chosen stands in the address; what was searched for does not:
// addresses end up in logs, and email addresses do not belong there.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Answer, answerOf } from '../../api/client.ts';
import { useAsked } from '../../asked.ts';
import { ResourceState } from '../../components/notice.tsx';
import { Page } from '../../components/page.tsx';
import { Link } from '../../router.tsx';
import { KEYS, PREFIX, useStore } from '../../store.ts';
import { many } from '../numbers.ts';
import { useQuery } from '../query.ts';
import { DisabledMark, Tier } from './person-marks.tsx';
import { PersonView } from './person-view.tsx';

type Found = Answer<'/api/v1/byok/admin/users', 'get'>;

/** Until somebody has stopped typing. */
const PAUSE_MS = 350;
const PAGE_SIZE = 20;

export function PeopleView({ nav }: { nav: ComponentChildren }) {
  const chosen = useQuery().get('user');
  const [typed, setTyped] = useState('');
  const [asked, setAsked] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <Page title="People" lead="See which keys somebody has, never the keys themselves. Every look is recorded.">
      {nav}
      {chosen !== null ? (
        <PersonView key={chosen} id={chosen} />
      ) : (
        <>
          <search>
            <form
              class="find"
              onSubmit={(event) => {
                event.preventDefault();
                setAsked(typed.trim());
              }}
            >
              <div class="field">
                <label for="find-people">Search people</label>
                <input
                  id="find-people"
                  type="search"
                  value={typed}
                  maxLength={320}
                  autocomplete="off"
                  spellcheck={false}
                  placeholder="Name, email address or id"
                  onInput={(event) => setTyped(event.currentTarget.value)}
                />
              </div>
            </form>
          </search>
          {asked === '' ? (
            <div class="empty">
              <p>
                <strong>Whom are you looking for?</strong>
              </p>
              <p class="soft">Parts of a name or an email address are enough; so is the id from the audit log.</p>
            </div>
          ) : (
            <Results asked={asked} />
          )}
        </>
      )}
    </Page>
  );
}

function Results({ asked }: { asked: string }) {
  const { api, announce } = useStore();
  const [more, setMore] = useState({ asked, pages: 1 });
  const pages = more.asked === asked ? more.pages : 1;
  const { resource, state, isOld } = useAsked<Found>({
    question: `${pages} ${asked}`,
    topics: [KEYS],
    load: async (signal) => {
      const items: Found['items'] = [];
      let cursor: string | undefined;
      for (let page = 1; page <= pages; page += 1) {
        const query = { query: asked, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
        const found = await answerOf(api.GET(`${PREFIX}/admin/users`, { params: { query }, signal }));
        items.push(...found.items);
        if (found.next_cursor === null) return { items, next_cursor: null };
        cursor = found.next_cursor;
      }
      return { items, next_cursor: cursor ?? null };
    },
  });
  const { data } = state;
  useEffect(() => {
    if (data !== undefined && !isOld) announce(summary(data));
  }, [data]);
  return (
    <>
      <ResourceState of={resource} state={state} what="people" />
      {data !== undefined &&
        (data.items.length === 0 ? (
          <div class="empty">
            <p>
              <strong>Nobody fits “{asked}”</strong>
            </p>
            <p class="soft">Every word has to occur in the name, the username or the email address.</p>
          </div>
        ) : (
          <>
            <div class="section-head">
              <h2>{summary(data)}</h2>
            </div>
            <PeopleTable people={data.items} isOld={isOld} />
            {data.next_cursor !== null && (
              <div class="pager">
                <button
                  type="button"
                  class="button quiet small"
                  disabled={state.loading}
                  onClick={() => setMore({ asked, pages: pages + 1 })}
                >
                  Show more people
                </button>
              </div>
            )}
          </>
        ))}
    </>
  );
}

const summary = ({ items, next_cursor }: Found): string =>
  next_cursor === null ? `${many(items.length, 'person', 'people')} found` : `The first ${items.length} people found`;

function PeopleTable({ people, isOld }: { people: Found['items']; isOld: boolean }) {
  return (
    <div class="table" data-old={isOld}>
      <table class="rows stack people-table" aria-label="People found" aria-busy={isOld}>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Tier</th>
            <th scope="col" class="number">
              Keys
            </th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={person.id}>
              <th scope="row">
                <Link to={`/admin/people?user=${encodeURIComponent(person.id)}`} path="/admin/people">
                  {person.name ?? person.email ?? person.id}
                </Link>
                {!person.enabled && <DisabledMark />}
                {person.name !== null && person.email !== null && <span class="email">{person.email}</span>}
              </th>
              <td data-label="Tier">
                <Tier tier={person.tier} />
              </td>
              <td data-label="Keys" class="number">
                {person.keys}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
