// The whole audit log: filter, page, take a copy, and check that nobody has changed it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { answerOf } from '../../api/client.ts';
import { useAsked } from '../../asked.ts';
import { ResourceState } from '../../components/notice.tsx';
import { Page } from '../../components/page.tsx';
import { useResource } from '../../resource.ts';
import { PREFIX, useStore } from '../../store.ts';
import { many } from '../numbers.ts';
import { setQuery, useQuery } from '../query.ts';
import { AuditExport } from './audit-export.tsx';
import { FILTERS, toApiQuery } from './audit-filter.ts';
import { AuditFilters } from './audit-filters.tsx';
import { AUDIT, type AuditPage } from './audit-log.ts';
import { AuditTable } from './audit-table.tsx';
import { AuditVerify } from './audit-verify.tsx';

const PAGE_SIZE = 25;

export function AuditView({ nav }: { nav: ComponentChildren }) {
  const store = useStore();
  const providers = useResource(store.providers);
  const query = useQuery();
  const filter = toApiQuery(query);
  const asked = JSON.stringify(filter);
  // The way from the newest page to the one that is shown. Another filter begins anew.
  const [way, setWay] = useState<{ readonly asked: string; readonly cursors: readonly string[] }>({
    asked,
    cursors: [],
  });
  const cursors = way.asked === asked ? way.cursors : [];
  const cursor = cursors.at(-1);
  const { resource, state, isOld } = useAsked<AuditPage>({
    question: `${asked} ${cursor ?? ''}`,
    topics: [AUDIT],
    load: (signal) => {
      const params = { query: { ...filter, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) } };
      // Without a format it is never a file.
      return answerOf(store.api.GET(`${PREFIX}/admin/audit`, { params, signal })) as Promise<AuditPage>;
    },
  });
  const heading = useRef<HTMLHeadingElement>(null);
  const turned = useRef(false);
  useEffect(() => {
    if (turned.current) heading.current?.focus();
    turned.current = false;
  }, [cursor]);
  const turnTo = (next: readonly string[]): void => {
    turned.current = true;
    setWay({ asked, cursors: next });
  };
  const isFiltered = asked !== '{}';
  const { data } = state;
  return (
    <Page title="Audit log" lead="Who did what, to whose keys, and when. Looking at this log is recorded in it, too.">
      {nav}
      <AuditVerify
        onShow={(seq) => {
          setQuery(Object.fromEntries(FILTERS.map((name) => [name, undefined])));
          turned.current = true;
          // The page that begins with the row: cursors are numbers of rows in base 36.
          setWay({ asked: '{}', cursors: [(seq + 1).toString(36)] });
        }}
      />
      <section aria-labelledby="rows">
        <div class="section-head">
          <h2 id="rows" ref={heading} tabIndex={-1}>
            {cursor === undefined ? 'Latest rows' : 'Older rows'}
          </h2>
          <AuditExport filter={filter} isFiltered={isFiltered} />
        </div>
        <AuditFilters query={query} providers={providers.data ?? []} />
        <ResourceState of={resource} state={state} what="the audit log" />
        {data !== undefined &&
          (data.items.length === 0 ? (
            <div class="empty">
              <p>
                <strong>{isFiltered ? 'No row fits the filter' : 'There is nothing here'}</strong>
              </p>
              {isFiltered && <p class="soft">Take away a part of it, or choose other days.</p>}
            </div>
          ) : (
            <>
              <AuditTable rows={data.items} providers={providers.data ?? []} isOld={isOld} />
              <nav class="pager" aria-label="Pages of the audit log">
                <button
                  type="button"
                  class="button quiet small"
                  disabled={cursors.length === 0}
                  onClick={() => turnTo(cursors.slice(0, -1))}
                >
                  Newer
                </button>
                <span class="soft">{many(data.items.length, 'row')} on this page</span>
                <button
                  type="button"
                  class="button quiet small"
                  disabled={data.next_cursor === null || isOld}
                  onClick={() => turnTo([...cursors, data.next_cursor ?? ''])}
                >
                  Older
                </button>
              </nav>
            </>
          ))}
      </section>
    </Page>
  );
}
