// How the service is doing: adoption, tests, speed, and which of its parts work. Refreshes by itself.
import type { ComponentChildren } from 'preact';
import { answerOf } from '../../api/client.ts';
import { useAsked } from '../../asked.ts';
import { ResourceState } from '../../components/notice.tsx';
import { Page } from '../../components/page.tsx';
import { PREFIX, useStore } from '../../store.ts';
import { setQuery, useQuery } from '../query.ts';
import { AdoptionCard } from './adoption-card.tsx';
import { ProviderBars } from './provider-bars.tsx';
import { StatTiles } from './stat-tiles.tsx';
import { SystemState } from './system-state.tsx';

const REFRESH_MS = 15_000;
const PERIODS = [30, 90, 365] as const;
const DEFAULT_PERIOD = 90;
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

export function OverviewView({ nav }: { nav: ComponentChildren }) {
  const { api } = useStore();
  const asked = Number(useQuery().get('days') ?? DEFAULT_PERIOD);
  const period = PERIODS.find((days) => days === asked) ?? DEFAULT_PERIOD;
  const { resource, state } = useAsked({
    question: String(period),
    load: async (signal) => {
      const query = { days: period };
      const numbers = await answerOf(api.GET(`${PREFIX}/admin/overview`, { params: { query }, signal }));
      return { numbers, at: new Date() };
    },
    keep: true,
    everyMs: REFRESH_MS,
  });
  return (
    <Page
      title="Overview"
      lead="How people use their own keys, and how the service is doing."
      aside={
        state.data !== undefined && (
          <p class="soft as-of">
            As of <time dateTime={state.data.at.toISOString()}>{clock.format(state.data.at)}</time>
            {state.problem === undefined && ', refreshes every 15 s'}
          </p>
        )
      }
    >
      {nav}
      <ResourceState of={resource} state={state} what="the numbers" />
      {state.data !== undefined && (
        <div class="overview">
          <StatTiles numbers={state.data.numbers} />
          <AdoptionCard
            adoption={state.data.numbers.adoption}
            period={period}
            periods={PERIODS}
            onPeriod={(days) => setQuery({ days: days === DEFAULT_PERIOD ? undefined : String(days) })}
          />
          <ProviderBars keys={state.data.numbers.keys} />
          <SystemState system={state.data.numbers.system} />
        </div>
      )}
    </Page>
  );
}
