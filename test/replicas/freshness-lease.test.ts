import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFreshnessLease } from '../../src/replicas/freshness-lease.ts';

describe('the freshness lease', () => {
  const open = () => {
    const clock = { now: 0 };
    return { clock, lease: createFreshnessLease({ leaseMs: 1000, now: () => clock.now }) };
  };

  it('is not live before a beat has come back, and lasts from when that beat was sent', () => {
    const { clock, lease } = open();
    expect(lease.isLive()).toBe(false);
    const beat = lease.send();
    clock.now = 400;
    expect(lease.isLive()).toBe(false);
    lease.receive(beat);
    expect(lease.isLive()).toBe(true);
    clock.now = 999;
    expect(lease.isLive()).toBe(true);
    clock.now = 1000;
    expect(lease.isLive()).toBe(false);
  });

  it('is not live for a process that was stopped, whatever then comes back from before', () => {
    const { clock, lease } = open();
    const beats = [lease.send(), lease.send()];
    clock.now = 5000;
    for (const beat of beats) lease.receive(beat);
    expect(lease.isLive()).toBe(false);
    lease.receive(lease.send());
    expect(lease.isLive()).toBe(true);
  });

  it('ends when the way is lost, and beats from before do not bring it back', () => {
    const { lease } = open();
    const before = lease.send();
    lease.receive(lease.send());
    const late = lease.send();
    lease.lose();
    for (const beat of [before, late]) lease.receive(beat);
    expect(lease.isLive()).toBe(false);
  });

  it('takes no beat that it did not send, and none twice', () => {
    const { clock, lease } = open();
    const beat = lease.send();
    for (const stranger of [0, beat + 1, Number.NaN]) lease.receive(stranger);
    expect(lease.isLive()).toBe(false);
    lease.receive(beat);
    clock.now = 1000;
    lease.receive(beat);
    expect(lease.isLive()).toBe(false);
  });

  it('is not shortened by an older beat that comes later', () => {
    const { clock, lease } = open();
    lease.send();
    clock.now = 500;
    const second = lease.send();
    lease.receive(second);
    lease.receive(1);
    clock.now = 1400;
    expect(lease.isLive()).toBe(true);
  });

  it('remembers a hundred beats that are on their way, and lets go of the oldest', () => {
    const { lease } = open();
    for (let n = 0; n < 101; n += 1) lease.send();
    lease.receive(1);
    expect(lease.isLive()).toBe(false);
    lease.receive(2);
    expect(lease.isLive()).toBe(true);
  });

  it('goes by a clock of its own where none is given', () => {
    vi.spyOn(performance, 'now').mockReturnValue(5_000);
    onTestFinished(() => void vi.restoreAllMocks());
    const lease = createFreshnessLease({ leaseMs: 1_000 });
    lease.receive(lease.send());
    vi.spyOn(performance, 'now').mockReturnValue(5_999);
    expect(lease.isLive()).toBe(true);
    vi.spyOn(performance, 'now').mockReturnValue(6_000);
    expect(lease.isLive()).toBe(false);
  });
});
