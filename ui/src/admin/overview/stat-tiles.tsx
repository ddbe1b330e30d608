// The numbers that an administrator looks at first, each with what it counts.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { count, many, milliseconds, percent, since } from '../numbers.ts';
import type { Overview } from './overview.ts';

const NOT_KNOWN = 'Not known';

export function StatTiles({ numbers: { tests, requests, cache } }: { numbers: Overview }) {
  const here = `This replica, since ${since(new Date(requests.since))}.`;
  const { latency_ms: latency } = requests;
  return (
    <section class="tiles" aria-label="Key figures">
      <Tile name="Test success" value={testsValue(tests)}>
        {testsMeaning(tests)}
      </Tile>
      <Tile
        name="Answer time"
        value={latency === null ? 'No calls' : milliseconds(latency.p50)}
        unit={latency === null ? undefined : 'p50'}
        more={
          latency !== null && (
            <dl class="quantiles">
              {(['p95', 'p99'] as const).map((name) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{milliseconds(latency[name])}</dd>
                </div>
              ))}
            </dl>
          )
        }
      >
        Half of the calls took no longer than p50, 95% than p95, 99% than p99. {here}
      </Tile>
      <Tile name="Cache hits" value={cache.hit_rate === null ? 'No look-ups' : percent(cache.hit_rate)}>
        {count(cache.hits)} of {many(cache.hits + cache.misses, 'look-up')} of a person answered from memory;{' '}
        {many(cache.users, 'person', 'people')} in it now. {here}
      </Tile>
      <Tile
        name="Errors"
        value={requests.error_rate === null ? 'No calls' : percent(requests.error_rate)}
        tone={requests.errors > 0 ? 'warn' : undefined}
      >
        {count(requests.errors)} of {many(requests.count, 'call')} answered with a server error (5xx). {here}
      </Tile>
    </section>
  );
}

function testsValue(tests: Overview['tests']): string {
  if (tests === null) return NOT_KNOWN;
  return tests.success_rate === null ? 'No tests' : percent(tests.success_rate);
}

function testsMeaning(tests: Overview['tests']): string {
  if (tests === null) return 'The keys cannot be counted right now: the database does not answer.';
  const { valid, invalid, error, unknown, untested } = tests;
  const others = [
    ...(unknown > 0 ? [`${count(unknown)} more could not be judged`] : []),
    ...(untested > 0 ? [`${count(untested)} never tested`] : []),
  ];
  const tested = `${count(valid)} of ${many(valid + invalid + error, 'tested key')} worked at the last test`;
  return `${[tested, ...others].join('; ')}.`;
}

interface TileProps {
  name: string;
  value: string;
  unit?: string | undefined;
  tone?: 'warn' | undefined;
  more?: ComponentChildren;
  children: ComponentChildren;
}

function Tile({ name, value, unit, tone, more, children }: TileProps) {
  const id = useId();
  return (
    <article class="tile" aria-labelledby={id} data-tone={tone}>
      <h2 id={id}>{name}</h2>
      <p class="value">
        {value}
        {unit !== undefined && <small> {unit}</small>}
      </p>
      {more}
      <p class="meaning">{children}</p>
    </article>
  );
}
