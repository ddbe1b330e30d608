// Who used or changed which of one's keys, and when.
import { useRef } from 'preact/hooks';
import { Notice, ResourceState } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { ProblemLine } from '../components/problem-line.tsx';
import { useResource } from '../resource.ts';
import { useStore } from '../store.ts';
import { ActivityDays } from './activity-days.tsx';
import { isFiltered } from './activity-filter.ts';
import { ActivityFilters } from './activity-filters.tsx';
import { activityQuery, useActivity } from './activity-list.ts';
import { type Export, ExportButton, useExport } from './export-button.tsx';
import { useFilter } from './use-filter.ts';
import './activity.css';

export function ActivityPage() {
  const store = useStore();
  const me = useResource(store.me);
  const providers = useResource(store.providers);
  const [filter, setFilter] = useFilter();
  const { resource, state, isOld: changing } = useActivity(filter);
  const file = useExport();
  const list = useRef<HTMLElement>(null);
  const names = new Map((providers.data ?? []).map(({ id, name }) => [id, name]));
  const providerName = (id: string): string => names.get(id) ?? id;
  const turn = (cursor: string): void => {
    setFilter({ cursor });
    list.current?.focus();
    list.current?.scrollIntoView();
  };
  const { data } = state;
  return (
    <Page
      title="Activity"
      lead="What happened to your keys and sessions: who, when and from where."
      aside={<ExportButton file={file} query={activityQuery(filter)} />}
    >
      <ExportResult file={file} />
      <ActivityFilters filter={filter} onFilter={setFilter} providers={providers.data ?? []} />
      {me.data === undefined && data !== undefined ? (
        <ResourceState of={store.me} state={me} what="your activity" />
      ) : (
        <ResourceState of={resource} state={state} what="your activity" />
      )}
      {data !== undefined && me.data !== undefined && (
        <section ref={list} tabIndex={-1} class="activity" aria-label="Activity" aria-busy={changing}>
          {data.items.length === 0 ? (
            <Nothing filtered={isFiltered(filter)} later={filter.cursor !== ''} />
          ) : (
            <ActivityDays rows={data.items} reader={{ id: me.data.id, providerName }} />
          )}
          {(filter.cursor !== '' || data.next_cursor !== null) && (
            <Pager isNewest={filter.cursor === ''} next={changing ? null : data.next_cursor} onTurn={turn} />
          )}
        </section>
      )}
    </Page>
  );
}

function ExportResult({ file }: { file: Export }) {
  return (
    <div aria-live="polite">
      {file.problem !== undefined && (
        <div class="export-result">
          <ProblemLine problem={file.problem} before="Nothing was exported." />
        </div>
      )}
      {file.saved !== undefined && <Notice tone="good">{file.saved} is saved among your downloads.</Notice>}
    </div>
  );
}

interface PagerProps {
  isNewest: boolean;
  /** Null: nowhere to go from here. */
  next: string | null;
  onTurn: (cursor: string) => void;
}

function Pager({ isNewest, next, onTurn }: PagerProps) {
  return (
    <nav class="pager" aria-label="Pages of activity">
      <button type="button" class="button quiet small" disabled={isNewest} onClick={() => onTurn('')}>
        Newest
      </button>
      <button type="button" class="button quiet small" disabled={next === null} onClick={() => onTurn(next ?? '')}>
        Older
      </button>
    </nav>
  );
}

function Nothing({ filtered, later }: { filtered: boolean; later: boolean }) {
  return (
    <div class="card nothing">
      <h2>{later ? 'Nothing older' : filtered ? 'Nothing fits these filters' : 'Nothing has happened yet'}</h2>
      <p class="lead">
        {later
          ? 'This is the end of your activity.'
          : filtered
            ? 'Choose another kind, provider or time.'
            : 'Once you add a key, each change, test and use of it is shown here.'}
      </p>
    </div>
  );
}
