// One session: which browser, since when, and a button that ends it.
import type { Answer } from '../api/client.ts';
import { Ago, exactly } from '../components/time.tsx';
import { browserName } from './browser-name.ts';

export type Session = Answer<'/auth/sessions', 'get'>['items'][number];

interface SessionRowProps {
  session: Session;
  busy: boolean;
  disabled: boolean;
  onEnd: () => void;
}

export function SessionRow({ session, busy, disabled, onEnd }: SessionRowProps) {
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
