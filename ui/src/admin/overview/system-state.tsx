// The parts of the service: whether each works, in a word, and what that means.
import type { ComponentChildren } from 'preact';
import type { Tone } from '../../components/notice.tsx';
import { Ago } from '../../components/time.tsx';
import { Link } from '../../router.tsx';
import { count, many } from '../numbers.ts';
import type { Overview } from './overview.ts';

type System = Overview['system'];

interface Part {
  readonly name: string;
  readonly word: string;
  readonly tone: Tone;
  readonly about: ComponentChildren;
}

const NOT_KNOWN = { word: 'Not known right now', tone: 'warn' } as const;

export function SystemState({ system }: { system: System }) {
  const parts = partsOf(system);
  return (
    <section class="system" aria-labelledby="system">
      <div class="section-head">
        <h2 id="system">System</h2>
      </div>
      <div class="table">
        <table class="rows stack" aria-labelledby="system">
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">State</th>
              <th scope="col">What that means</th>
            </tr>
          </thead>
          <tbody>
            {parts.map(({ name, word, tone, about }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td data-label="State">
                  <span class="badge" data-tone={tone}>
                    {word}
                  </span>
                </td>
                <td class="about">{about}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const partsOf = (system: System): Part[] => [
  { name: 'Keycloak', ...KEYCLOAK[system.keycloak] },
  { name: 'Circuit breaker', ...breaker(system) },
  { name: 'Changes', ...CHANGES[system.directory] },
  { name: 'Database', ...DATABASE[system.database] },
  { name: 'Redis', ...REDIS[system.redis] },
  { name: 'Audit log', ...auditLog(system.audit) },
  { name: 'Encryption key', ...encryptionKey(system.master_key) },
  { name: 'Replicas', ...replicas(system) },
  {
    name: 'Version',
    word: system.version,
    tone: 'quiet',
    about: (
      <>
        This replica started <Ago at={system.started_at} />.
      </>
    ),
  },
];

type State = Omit<Part, 'name'>;

const KEYCLOAK: Readonly<Record<System['keycloak'], State>> = {
  ok: { word: 'Working', tone: 'good', about: 'People, tiers and encrypted keys are read there and written there.' },
  unavailable: {
    word: 'Not answering',
    tone: 'bad',
    about: 'Keys that are in memory are still given out; nothing can be changed until it is back.',
  },
  embedded: {
    word: 'Embedded',
    tone: 'quiet',
    about: 'No Keycloak is configured: people are in the database, for trying out.',
  },
};

const BREAKER: Readonly<Record<NonNullable<System['breaker']>, State>> = {
  closed: { word: 'Closed', tone: 'good', about: 'Calls to Keycloak go through.' },
  half_open: {
    word: 'Trying',
    tone: 'warn',
    about: 'After a failure, single calls to Keycloak find out whether it is back.',
  },
  open: { word: 'Open', tone: 'bad', about: 'Keycloak failed several times and is not called for a moment.' },
};
const breaker = ({ breaker: state }: System): State =>
  state === null
    ? { word: 'Not needed', tone: 'quiet', about: 'It stands before Keycloak, and there is none.' }
    : BREAKER[state];

const CHANGES: Readonly<Record<System['directory'], State>> = {
  ok: { word: 'Taken', tone: 'good', about: 'People can add, change and delete keys.' },
  waiting: { word: 'Waiting', tone: 'warn', about: 'The service is starting; changes are refused until it is ready.' },
  stopping: { word: 'Stopping', tone: 'warn', about: 'This replica is shutting down and takes no more changes.' },
};

const DATABASE: Readonly<Record<System['database'], State>> = {
  ok: { word: 'Working', tone: 'good', about: 'The audit log, usage and these numbers are there.' },
  unavailable: {
    word: 'Not answering',
    tone: 'bad',
    about: 'What cannot be recorded is not done: no key is given out or changed until it is back.',
  },
};

const REDIS: Readonly<Record<System['redis'], State>> = {
  ok: { word: 'Working', tone: 'good', about: 'Replicas tell each other of changes at once.' },
  unavailable: {
    word: 'Not answering',
    tone: 'bad',
    about: 'Replicas do not hear of each other’s changes, and ask Keycloak instead of their memory.',
  },
  not_configured: {
    word: 'Not configured',
    tone: 'quiet',
    about: 'Sessions are in this process. More than one replica needs Redis.',
  },
};

/** Rows are on disk before their consequences leave; a second is a long time. */
const LAG_S = 1;

function auditLog({ lag_seconds: lag, rows, head }: System['audit']): State {
  if (rows === null) return { ...NOT_KNOWN, about: 'The database does not answer.' };
  const state =
    lag > LAG_S
      ? ({ word: `${Math.ceil(lag)} s behind`, tone: 'warn' } as const)
      : ({ word: 'Up to date', tone: 'good' } as const);
  return {
    ...state,
    about: (
      <>
        {many(rows, 'row')}
        {head !== null && (
          <>
            , the last one <Ago at={head.at} />
          </>
        )}
        .{' '}
        <Link to="/admin/audit" path="/admin">
          Verify the chain
        </Link>
        {head !== null && (
          <span class="second">
            Head: row {count(head.seq)} <code class="hash">{head.head}</code>
          </span>
        )}
      </>
    ),
  };
}

const encryptionKey = ({ id, others }: System['master_key']): State => ({
  word: 'In use',
  tone: 'good',
  about: (
    <>
      <code>{id}</code> encrypts what is stored.{' '}
      {others === 0 ? 'There are no older ones.' : `${many(others, 'older one')} can still decrypt.`}
    </>
  ),
});

function replicas({ replicas: seen, keycloak, database }: System): State {
  if (seen !== null)
    return { word: count(seen), tone: 'quiet', about: 'Seen in the last half minute, this one included.' };
  return keycloak === 'embedded' && database === 'ok'
    ? { word: 'Just this one', tone: 'quiet', about: 'The embedded database is for one process.' }
    : { ...NOT_KNOWN, about: 'The database does not answer.' };
}
