// The whole list, in the order in which later requests see what earlier ones have done. The same on every store.
import { makeServiceTokens } from '../credentials.ts';
import type { Recorder } from '../recorder.ts';
import { ENCRYPTION_KEY } from '../settings.ts';
import { noteTables, type Variant } from '../variant.ts';
import { askAdmin } from './admin.ts';
import { askAudit } from './audit.ts';
import { askKeys } from './keys.ts';
import { askMalformed, beginSlowRequest } from './malformed.ts';
import { askEveryAddress, askMetrics, askOpen } from './open.ts';
import { askAsLost, spoilKeys } from './people.ts';
import { askServices, askUses } from './services.ts';
import { askEndOfSessions, askSessions, askSignOut } from './sessions.ts';
import { askTests } from './tests-of-keys.ts';

/** Who has to be signed in, and as whom. */
export const SESSIONS: Readonly<Record<string, string>> = {
  trial: 'trial',
  starter: 'starter',
  professional: 'professional',
  enterprise: 'enterprise',
  // To be ended.
  'trial-again': 'trial',
  leaving: 'starter',
  'leaving-by-page': 'starter',
  'leaving-all': 'starter',
};

interface OfStore {
  readonly askSignIn: (to: Recorder) => Promise<void>;
  /** While people are still signed in. */
  readonly askMore?: (to: Recorder) => Promise<void>;
}

export async function askEverything(variant: Variant, { askSignIn, askMore }: OfStore): Promise<void> {
  const { to, store } = variant;
  const writeSlowRequest = beginSlowRequest(to);
  await askOpen(to);
  await askSignIn(to);
  await askSessions(to);
  await askMalformed(to);
  await askKeys(to);
  await askTests(to);
  await makeServiceTokens(variant);
  await spoilKeys(to, store, ENCRYPTION_KEY);
  await askServices(to);
  await askUses(to);
  await askAdmin(to);
  await askAudit(to);
  await askEveryAddress(to);
  await askAsLost(to, store);
  await askMore?.(to);
  await askEndOfSessions(to);
  await askSignOut(to);
  await askMetrics(to);
  await noteTables(variant);
  await writeSlowRequest();
}
