// Rows of the audit log, newest first.

import { Ago } from '../../components/time.tsx';
import { useResource } from '../../resource.ts';
import { Link } from '../../router.tsx';
import { type ProviderInfo, useStore } from '../../store.ts';
import { count, exactly } from '../numbers.ts';
import type { AuditPage } from './audit-log.ts';
import { actionWord, isOutcome, OUTCOMES, plainWord } from './audit-words.ts';

type Row = AuditPage['items'][number];

interface AuditTableProps {
  rows: readonly Row[];
  providers: readonly ProviderInfo[];
  /** Of the question before. */
  isOld: boolean;
}

export function AuditTable({ rows, providers, isOld }: AuditTableProps) {
  const names = new Map(providers.map(({ id, name }) => [id, name]));
  return (
    <div class="table" data-old={isOld}>
      <table class="stack audit-table" aria-label="Rows of the audit log" aria-busy={isOld}>
        <thead>
          <tr>
            <th scope="col" class="number">
              Row
            </th>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">Outcome</th>
            <th scope="col">Done by</th>
            <th scope="col">Concerns</th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.seq}>
              <td data-label="Row" class="number soft">
                {count(row.seq)}
              </td>
              <td data-label="When">
                <span>
                  <Ago at={row.at} />
                  <span class="second">{exactly(new Date(row.at))}</span>
                </span>
              </td>
              <td data-label="What">
                <span>
                  {actionWord(row.action)}
                  {row.provider !== null && <span class="second">{names.get(row.provider) ?? row.provider}</span>}
                </span>
              </td>
              <td data-label="Outcome">
                <span>
                  <OutcomeBadge outcome={row.outcome} />
                  {row.reason !== null && <span class="second">{plainWord(row.reason)}</span>}
                </span>
              </td>
              <td data-label="Done by">
                <Actor actor={row.actor} />
              </td>
              <td data-label="Concerns">{row.subject === null ? <None /> : <PersonLink id={row.subject} />}</td>
              <td data-label="Details" class="details">
                <Details row={row} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function OutcomeBadge({ outcome }: { outcome: string }) {
  const { word, tone } = isOutcome(outcome) ? OUTCOMES[outcome] : { word: outcome, tone: 'quiet' };
  return (
    <span class="badge" data-tone={tone}>
      {word}
    </span>
  );
}

const KINDS: Readonly<Record<string, string>> = { operator: 'Operator', system: 'The service itself' };

function Actor({ actor: { kind, id } }: Pick<Row, 'actor'>) {
  if (kind === 'user') return id === null ? <span class="soft">Somebody erased</span> : <PersonLink id={id} />;
  if (kind === 'service') return <ServiceLink name={id ?? ''} />;
  return (
    <span>
      {KINDS[kind] ?? kind}
      {kind === 'operator' && id !== null && <span class="second">{id}</span>}
    </span>
  );
}

/** By the name that it has in the log: that can be searched for. */
function ServiceLink({ name }: { name: string }) {
  return (
    <Link to={`/admin/audit?actor=${encodeURIComponent(name)}`} path="/admin">
      {name}
    </Link>
  );
}

/** The log knows people by their ids: the rest of them is theirs to change. */
function PersonLink({ id }: { id: string }) {
  const { me } = useStore();
  const isMe = useResource(me).data?.id === id;
  return (
    <Link to={`/admin/people?user=${encodeURIComponent(id)}`} path="/admin/audit">
      {isMe ? 'You' : <code>{id.length > 13 ? `${id.slice(0, 8)}…` : id}</code>}
      <span class="visually-hidden">{isMe ? `, ${id}` : `, person ${id}`}</span>
    </Link>
  );
}

const None = () => (
  <span class="soft">
    <span aria-hidden="true">–</span>
    <span class="visually-hidden">Nobody</span>
  </span>
);

function Details({ row: { details, address, request_id: requestId } }: { row: Row }) {
  const words = Object.entries(details ?? {}).map(([name, value]) => `${plainWord(name)} ${plainWord(String(value))}`);
  if (words.length === 0 && address === null && requestId === null) return <None />;
  return (
    <span>
      {words.join(', ')}
      <span class="second">
        {[
          ...(address === null ? [] : [`from ${address}`]),
          ...(requestId === null ? [] : [`request ${requestId}`]),
        ].join(', ')}
      </span>
    </span>
  );
}
