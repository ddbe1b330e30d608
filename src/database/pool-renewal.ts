// Lets go of connections whose sessions began under settings that were changed since: a session keeps those of its start.
import type pg from 'pg';

/** Every connection that is there ends: at once where it is idle, else when it is given back. */
export function createPoolRenewal(pool: pg.Pool): () => Promise<void> {
  const bornIn = new WeakMap<object, number>();
  let generation = 0;
  const isOld = (client: object): boolean => (bornIn.get(client) ?? 0) < generation;

  const dropIdle = async (): Promise<void> => {
    const idle = await Promise.allSettled(Array.from({ length: pool.idleCount }, () => pool.connect()));
    for (const one of idle) if (one.status === 'fulfilled') one.value.release(isOld(one.value));
  };
  pool.on('connect', (client) => bornIn.set(client, generation));
  pool.on('release', (error, client) => {
    // It is idle a moment later.
    if (!error && isOld(client)) setImmediate(() => void (pool.ending ? undefined : dropIdle()));
  });
  return async () => {
    generation += 1;
    await dropIdle();
  };
}
