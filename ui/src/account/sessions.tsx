// Where the person is signed in, and how to end it.
import { useMemo, useRef, useState } from 'preact/hooks';
import { type Answer, answerOf, callLimit } from '../api/client.ts';
import { ResourceState } from '../components/notice.tsx';
import { Ago, exactly } from '../components/time.tsx';
import { ProblemLine } from '../keys/problem-line.tsx';
import { useWrite } from '../keys/use-write.ts';
import { createResource, useResource } from '../resource.ts';
import { SESSIONS, useStore } from '../store.ts';
import { browserName } from './browser-name.ts';
import { SignOutEverywhere } from './sign-out-everywhere.tsx';

type Session = Answer<'/auth/sessions', 'get'>['items'][number];

export function Sessions() {
  const { api, session, announce } = useStore();
  const heading = useRef<HTMLHeadingElement>(null);
  const [asking, setAsking] = useState(false);
  const [ending, setEnding] = useState<string>();
  const write = useWrite();
  const resource = useMemo(
    () =>
      createResource({
        surroundings: session,
        topics: [SESSIONS],
        load: async (signal) => {
          const limit = AbortSignal.any([signal, callLimit()]);
          return (await answerOf(api.GET('/auth/sessions', { signal: limit }))).items;
        },
      }),
    [api, session],
  );
  const state = useResource(resource);
  const end = async ({ id, user_agent: agent }: Session): Promise<void> => {
    setEnding(id);
    const done = await write.run(async () => {
      await answerOf(api.DELETE('/auth/sessions/{id}', { params: { path: { id } }, signal: callLimit() }));
      announce(`${browserName(agent)} is signed out`);
    });
    setEnding(undefined);
    // Also after a failure: it may have ended all the same, or have been gone before.
    session.changed(SESSIONS);
    if (done) heading.current?.focus();
  };
  const { data: items } = state;
  return (
    <section aria-labelledby="account-sessions">
      <div class="section-head">
        <h2 id="account-sessions" ref={heading} tabIndex={-1}>
          Your sessions
        </h2>
        {items !== undefined && items.length > 0 && (
          <button type="button" class="plain danger" onClick={() => setAsking(true)}>
            Sign out everywhere
          </button>
        )}
      </div>
      <ResourceState of={resource} state={state} what="your sessions" />
      <div aria-live="polite">
        {write.problem !== undefined && (
          <div class="session-problem">
            <ProblemLine problem={write.problem} before="The session was not ended." />
          </div>
        )}
      </div>
      {items !== undefined && items.length === 0 && (
        <p class="card soft">No browser is signed in: this request was made with an access token.</p>
      )}
      {items !== undefined && items.length > 0 && (
        <ul class="sessions" aria-labelledby="account-sessions">
          {[...items.filter(({ current }) => current), ...items.filter(({ current }) => !current)].map((one) => (
            <Row
              key={one.id}
              session={one}
              busy={ending === one.id}
              disabled={write.busy}
              onEnd={() => void end(one)}
            />
          ))}
        </ul>
      )}
      {asking && <SignOutEverywhere count={items?.length ?? 0} onClose={() => setAsking(false)} />}
    </section>
  );
}

interface RowProps {
  session: Session;
  busy: boolean;
  disabled: boolean;
  onEnd: () => void;
}

function Row({ session, busy, disabled, onEnd }: RowProps) {
  const { current, user_agent: agent, created_at: created, last_seen_at: seen } = session;
  const name = browserName(agent);
  return (
    <li class="session">
      <Device agent={agent} />
      <div>
        <p class="session-name" title={agent ?? undefined}>
          {name}
          {current && (
            <span class="badge" data-tone="good">
              This browser
            </span>
          )}
        </p>
        <p class="soft">
          Signed in <Ago at={created} /> · last seen <Ago at={seen} />
        </p>
      </div>
      {!current && (
        <button type="button" class="button quiet small" disabled={disabled} onClick={onEnd}>
          {busy ? 'Signing out …' : 'Sign out'}
          <span class="visually-hidden">
            {' '}
            {name}, signed in {exactly(new Date(created))}
          </span>
        </button>
      )}
    </li>
  );
}

/** A telephone or a screen. Decoration. */
function Device({ agent }: { agent: string | null }) {
  const isPhone = /\b(?:iPhone|Android|Mobile)\b/.test(agent ?? '');
  return (
    <span class="mark-letter device" aria-hidden="true">
      <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path d={isPhone ? 'M8 3h8v18H8zM11 18h2' : 'M4 5h16v11H4zM9 20h6M12 16v4'} />
      </svg>
    </span>
  );
}
