// Where the person is signed in, and how to end it.
import { useMemo, useRef, useState } from 'preact/hooks';
import { answerOf, callLimit } from '../api/client.ts';
import { ResourceState } from '../components/notice.tsx';
import { ProblemLine } from '../components/problem-line.tsx';
import { useWrite } from '../components/use-write.ts';
import { useResource } from '../resource.ts';
import { SESSIONS, useStore } from '../store.ts';
import { browserName } from './browser-name.ts';
import { type Session, SessionRow } from './session-row.tsx';
import { SignOutEverywhere } from './sign-out-everywhere.tsx';

export function Sessions() {
  const heading = useRef<HTMLHeadingElement>(null);
  const [asking, setAsking] = useState(false);
  const { resource, state, busy, problem, ending, end } = useSessions(() => heading.current?.focus());
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
        {problem !== undefined && (
          <div class="session-problem">
            <ProblemLine problem={problem} before="The session was not ended." />
          </div>
        )}
      </div>
      {items !== undefined && items.length === 0 && (
        <p class="card soft">No browser is signed in: this request was made with an access token.</p>
      )}
      {items !== undefined && items.length > 0 && (
        <ul class="sessions" aria-labelledby="account-sessions">
          {[...items.filter(({ current }) => current), ...items.filter(({ current }) => !current)].map((one) => (
            <SessionRow
              key={one.id}
              session={one}
              busy={ending === one.id}
              disabled={busy}
              onEnd={() => void end(one)}
            />
          ))}
        </ul>
      )}
      {asking && <SignOutEverywhere count={items?.length ?? 0} onClose={() => setAsking(false)} />}
    </section>
  );
}

/** @param onEnded when one was ended here. */
function useSessions(onEnded: () => void) {
  const store = useStore();
  const { api, session, announce } = store;
  const [ending, setEnding] = useState<string>();
  const write = useWrite();
  const resource = useMemo(
    () => store.resource([SESSIONS], async (signal) => (await answerOf(api.GET('/auth/sessions', { signal }))).items),
    [store],
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
    if (done) onEnded();
  };
  return { resource, state, busy: write.busy, problem: write.problem, ending, end };
}
