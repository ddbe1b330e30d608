// A process that was stopped, as by SIGSTOP or a pause of its machine, and goes on: Redis had nothing to do with it.
import { setTimeout as wait } from 'node:timers/promises';
import { expect, inject, it, onTestFinished, vi } from 'vitest';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { startMainProcess } from '../support/service/main-process.ts';

it('stopped for eight seconds, it says so, blames nobody, and is in step again at once', async () => {
  const folder = await ownedDataFolder();
  onTestFinished(() => folder.remove());
  const stopped = await startMainProcess({ BYOK_DATA_DIR: folder.path, REDIS_URL: inject('redisUrl') });
  onTestFinished(() => stopped.end());
  const before = stopped.output().length;
  stopped.signal('SIGSTOP');
  await wait(8_000);
  stopped.signal('SIGCONT');
  const logged = (): string => stopped.output().slice(before);
  const soon = { timeout: 3_000, interval: 20 };
  await vi.waitFor(() => expect(logged()).toContain('in step with other replicas'), soon);
  const ready = async () => expect((await stopped.client().get('/readyz')).body).toMatchObject({ status: 'ready' });
  await vi.waitFor(ready, soon);
  // Past the next look at Redis, every five seconds.
  await wait(6_000);
  expect(logged()).not.toMatch(/"level":"?(50|error)|Redis|not heard/);
  expect(logged().match(/was stopped for about [89] s/g)).toHaveLength(1);
}, 60_000);
