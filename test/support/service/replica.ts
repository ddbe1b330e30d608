// A second replica beside a running service: the same realm, database and Redis, a port of its own.
import { freePort } from '../servers/server-process.ts';
import { type Env, type RunningService, startService } from './running-service.ts';

export async function startReplica({ env }: RunningService, changes: Env = {}): Promise<RunningService> {
  return await startService({ ...env, ...(await replicaEnv()), ...changes });
}

/** What a further replica on this machine needs besides what the first one has. */
export async function replicaEnv(): Promise<{ PORT: string }> {
  return { PORT: String(await freePort()) };
}
