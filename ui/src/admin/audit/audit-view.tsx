// The whole audit log: filter, page, take a copy, and check that nobody has changed it.
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { ResourceState } from '../../components/notice.tsx';
import { Page } from '../../components/page.tsx';
import { useResource } from '../../resource.ts';
import { useStore } from '../../store.ts';
import { many } from '../numbers.ts';
import { useQuery } from '../query.ts';
import { AuditExport } from './audit-export.tsx';
import { toApiQuery } from './audit-filter.ts';
import { AuditFilters } from './audit-filters.tsx';
import type { AuditPage } from './audit-log.ts';
import { AuditTable } from './audit-table.tsx';
import { AuditVerify } from './audit-verify.tsx';
import { useAuditPages } from './use-audit-pages.ts';

export function AuditView({ nav }: { nav: ComponentChildren }) {
  const providers = useResource(useStore().providers).data ?? [];
  const query = useQuery();
  const filter = toApiQuery(query);
  const isFiltered = JSON.stringify(filter) !== '{}';
  const heading = useRef<HTMLHeadingElement>(null);
  const { resource, state, isOld, cursors, turnTo, showRow } = useAuditPages(filter, heading);
  const { data } = state;
  return (
    <Page title="Audit log" lead="Who did what, to whose keys, and when. Looking at this log is recorded in it, too.">
      {nav}
      <AuditVerify onShow={showRow} />
      <section aria-labelledby="rows">
        <div class="section-head">
          <h2 id="rows" ref={heading} tabIndex={-1}>
            {cursors.length === 0 ? 'Latest rows' : 'Older rows'}
          </h2>
          <AuditExport filter={filter} isFiltered={isFiltered} />
        </div>
        <AuditFilters query={query} providers={providers} />
        <ResourceState of={resource} state={state} what="the audit log" />
        {data !== undefined &&
          (data.items.length === 0 ? (
            <Nothing isFiltered={isFiltered} />
          ) : (
            <>
              <AuditTable rows={data.items} providers={providers} isOld={isOld} />
              <Pager page={data} isOld={isOld} cursors={cursors} onTurn={turnTo} />
            </>
          ))}
      </section>
    </Page>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  return (
    <div class="empty">
      <p>
        <strong>{isFiltered ? 'No row fits the filter' : 'There is nothing here'}</strong>
      </p>
      {isFiltered && <p class="soft">Take away a part of it, or choose other days.</p>}
    </div>
  );
}

interface PagerProps {
  page: AuditPage;
  isOld: boolean;
  cursors: readonly string[];
  onTurn: (cursors: readonly string[]) => void;
}

function Pager({ page, isOld, cursors, onTurn }: PagerProps) {
  return (
    <nav class="pager" aria-label="Pages of the audit log">
      <button
        type="button"
        class="button quiet small"
        disabled={cursors.length === 0}
        onClick={() => onTurn(cursors.slice(0, -1))}
      >
        Newer
      </button>
      <span class="soft">{many(page.items.length, 'row')} on this page</span>
      <button
        type="button"
        class="button quiet small"
        disabled={page.next_cursor === null || isOld}
        onClick={() => onTurn([...cursors, page.next_cursor ?? ''])}
      >
        Older
      </button>
    </nav>
  );
}
