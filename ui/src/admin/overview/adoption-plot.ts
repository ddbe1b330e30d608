// The curve of adoption on a canvas: people with keys, and their share of everybody. Follows the page's colours and width.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { dayName, percent } from '../numbers.ts';
import { type Day, shareOf } from './overview.ts';

const HEIGHT = 260;
const DAY_S = 86_400;

/** @param onPoint told which day the pointer is at; undefined: at none. */
export function drawAdoption(
  target: HTMLElement,
  history: readonly Day[],
  onPoint: (index: number | undefined) => void,
) {
  let days = history;
  let plot = create();

  function create(): uPlot {
    return new uPlot(options(target, onPoint), dataOf(days), target);
  }
  const redraw = (): void => {
    plot.destroy();
    plot = create();
  };
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', redraw);
  const resized = new ResizeObserver(() => {
    if (target.clientWidth > 0) plot.setSize({ width: target.clientWidth, height: HEIGHT });
  });
  resized.observe(target);

  return {
    update(next: readonly Day[]): void {
      days = next;
      plot.setData(dataOf(days));
    },
    close(): void {
      dark.removeEventListener('change', redraw);
      resized.disconnect();
      plot.destroy();
    },
  };
}

const dataOf = (days: readonly Day[]): uPlot.AlignedData => [
  days.map(({ day }) => Date.parse(day) / 1000),
  days.map((day) => day.users_with_keys),
  days.map(shareOf),
];

function options(target: HTMLElement, onPoint: (index: number | undefined) => void): uPlot.Options {
  const style = getComputedStyle(target);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    width: target.clientWidth,
    height: HEIGHT,
    padding: [12, 0, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
    // Days are counted in UTC.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: {
      // A single day has room on both sides.
      x: { range: (_plot, min, max) => (min === max ? [min - DAY_S, max + DAY_S] : [min, max]) },
      people: { range: (_plot, _min, max) => [0, Math.max(4, (max ?? 0) * 1.15)] },
      share: { range: (_plot, _min, max) => [0, Math.min(1, Math.max(0.1, (max ?? 0) * 1.4))] },
    },
    axes: axes(colour('--soft'), colour('--line'), style.fontFamily),
    series: series(colour('--accent'), colour('--starter')),
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
  };
}

/** Days below, people on the left, their share on the right. */
function axes(soft: string, line: string, fontFamily: string): uPlot.Axis[] {
  const axis = { stroke: soft, font: `12px ${fontFamily}`, ticks: { show: false } } as const;
  return [
    {
      ...axis,
      size: 30,
      space: 60,
      grid: { show: false },
      values: (_plot, times) => times.map((time) => dayName(new Date(time * 1000).toISOString().slice(0, 10))),
      incrs: [1, 2, 7, 14, 30, 61, 91].map((days) => days * DAY_S),
    },
    {
      ...axis,
      scale: 'people',
      size: 44,
      grid: { stroke: line, width: 1 },
      incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
    },
    {
      ...axis,
      scale: 'share',
      side: 1,
      size: 52,
      grid: { show: false },
      values: (_plot, shares) => shares.map((value) => percent(value)),
    },
  ];
}

/** In the order of `dataOf`; the first is the days. */
function series(people: string, share: string): uPlot.Series[] {
  return [
    {},
    {
      scale: 'people',
      stroke: people,
      width: 2,
      fill: `color-mix(in srgb, ${people} 10%, transparent)`,
      points: { show: (plot) => plot.data[0].length < 3, fill: people },
    },
    {
      scale: 'share',
      stroke: share,
      width: 2,
      dash: [6, 5],
      points: { show: (plot) => plot.data[0].length < 3, fill: share },
    },
  ];
}
