import { expect, it } from 'vitest';
import { createStopWatch } from '../../src/redis/stop-watch.ts';

const open = () => {
  const clock = { now: 1_000 };
  return { clock, watch: createStopWatch({ everyMs: 250, now: () => clock.now }) };
};

it('says by how much a timer was late, and nothing of one that came early or in time', () => {
  const { clock, watch } = open();
  clock.now = 60_000;
  watch.start();
  for (const [at, late] of [
    [60_250, 0],
    [60_450, 0],
    [68_700, 8_000],
    [68_960, 10],
  ] as const) {
    clock.now = at;
    expect(watch.lateMs()).toBe(late);
  }
});

it('knows of a stop before its timer has come, and for half a second after it', () => {
  const { clock, watch } = open();
  watch.start();
  clock.now = 1_250;
  expect(watch.hasJustStopped()).toBe(false);
  clock.now = 3_250;
  expect(watch.hasJustStopped()).toBe(false);
  clock.now = 3_251;
  expect(watch.hasJustStopped()).toBe(true);
  watch.lateMs();
  clock.now = 3_750;
  watch.lateMs();
  expect(watch.hasJustStopped()).toBe(true);
  clock.now = 3_751;
  expect(watch.hasJustStopped()).toBe(false);
});

it('takes a process that was busy for two seconds for a busy one', () => {
  const { clock, watch } = open();
  watch.start();
  clock.now = 3_250;
  expect(watch.lateMs()).toBe(2_000);
  expect(watch.hasJustStopped()).toBe(false);
});

it('knows nothing of the time before it is started', () => {
  const { clock, watch } = open();
  clock.now = 60_000;
  expect(watch.hasJustStopped()).toBe(false);
});
