// How many people have keys of their own, over time: a curve, a sentence that says the same, and the numbers.
import { useEffect, useRef, useState } from 'preact/hooks';
import { count, dayName, many, percent } from '../numbers.ts';
import { type Day, type Overview, shareOf } from './overview.ts';

type Adoption = Overview['adoption'];
type Plot = ReturnType<typeof import('./adoption-plot.ts').drawAdoption>;

interface AdoptionCardProps {
  adoption: Adoption;
  period: number;
  periods: readonly number[];
  onPeriod: (days: number) => void;
}

export function AdoptionCard({ adoption, period, periods, onPeriod }: AdoptionCardProps) {
  const { history } = adoption;
  const [pointed, setPointed] = useState<number>();
  const shown = history?.[pointed ?? -1] ?? history?.at(-1);
  return (
    <section class="card adoption" aria-labelledby="adoption">
      <div class="section-head">
        <h2 id="adoption">Adoption</h2>
        <fieldset class="segments">
          <legend class="visually-hidden">Period</legend>
          {periods.map((days) => (
            <label key={days}>
              <input
                type="radio"
                class="visually-hidden"
                name="period"
                checked={days === period}
                onChange={() => onPeriod(days)}
              />
              <span>{days} days</span>
            </label>
          ))}
        </fieldset>
      </div>
      {history === null || shown === undefined ? (
        <p class="soft">Not known right now: the database does not answer.</p>
      ) : (
        <>
          <dl class="legend">
            <div>
              <dt class="line-people">People with keys</dt>
              <dd>
                {count(shown.users_with_keys)}
                {shown.users_total !== null && <small> of {count(shown.users_total)}</small>}
              </dd>
            </div>
            <div>
              <dt class="line-share">Share of everybody</dt>
              <dd>{shareOf(shown) === null ? 'Not known' : percent(shareOf(shown) ?? 0)}</dd>
            </div>
            <div class="of-day">
              <dt>Day</dt>
              <dd>{shown === history.at(-1) ? 'Today' : dayName(shown.day, true)}</dd>
            </div>
          </dl>
          <Curve history={history} onPoint={setPointed} />
          <Numbers history={history} />
        </>
      )}
    </section>
  );
}

/** The curve in words. */
function sentence(history: readonly Day[]): string {
  const [first] = history;
  const last = history.at(-1);
  if (first === undefined || last === undefined) return 'No numbers yet.';
  const numbers = (day: Day): string => {
    const share = shareOf(day);
    return share === null ? count(day.users_with_keys) : `${count(day.users_with_keys)} (${percent(share)})`;
  };
  if (first === last) return `People with keys today: ${numbers(last)}. There are no earlier days to compare with.`;
  const highest = history.reduce((most, day) => (day.users_with_keys > most.users_with_keys ? day : most), first);
  return `People with keys from ${dayName(first.day, true)} to ${dayName(last.day, true)}: first ${numbers(first)}, last ${numbers(last)}, highest ${numbers(highest)} on ${dayName(highest.day)}.`;
}

function Curve({ history, onPoint }: { history: readonly Day[]; onPoint: (index: number | undefined) => void }) {
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(undefined);
  const latest = useRef(history);
  const [failed, setFailed] = useState(false);
  latest.current = history;

  useEffect(() => {
    let gone = false;
    const draw = async (): Promise<void> => {
      // Half of the page's code is in there, and only this needs it.
      const { drawAdoption } = await import('./adoption-plot.ts');
      if (!gone && target.current !== null) plot.current = drawAdoption(target.current, latest.current, onPoint);
    };
    draw().catch(() => setFailed(true));
    return () => {
      gone = true;
      plot.current?.close();
    };
  }, []);
  useEffect(() => plot.current?.update(history), [history]);

  if (failed) return <p class="soft">The curve cannot be drawn right now. {sentence(history)}</p>;
  return <div class="curve" ref={target} role="img" aria-label={sentence(history)} />;
}

function Numbers({ history }: { history: readonly Day[] }) {
  return (
    <details class="numbers">
      <summary>Show the numbers</summary>
      <div class="table">
        <table>
          <caption class="visually-hidden">{many(history.length, 'day')}, the latest first</caption>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col" class="number">
                People with keys
              </th>
              <th scope="col" class="number">
                People
              </th>
              <th scope="col" class="number">
                Share
              </th>
            </tr>
          </thead>
          <tbody>
            {[...history].reverse().map((day) => {
              const share = shareOf(day);
              return (
                <tr key={day.day}>
                  <th scope="row">{dayName(day.day, true)}</th>
                  <td class="number">{count(day.users_with_keys)}</td>
                  <td class="number">{day.users_total === null ? 'Not known' : count(day.users_total)}</td>
                  <td class="number">{share === null ? 'Not known' : percent(share)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </details>
  );
}
