// Erasures, as the service takes part in them.
import type { Core } from '../app/core.ts';
import type { Audit } from '../audit/compose-audit.ts';
import type { Sessions } from '../sessions/compose-sessions.ts';
import type { Periodic } from '../shared/periodic.ts';
import type { Users } from '../users/compose-users.ts';
import { createErasureWatch } from './postgres-erasure-watch.ts';

interface Parts {
  readonly audit: Pick<Audit, 'anchorNow'>;
  readonly sessions: Pick<Sessions, 'endAll'>;
  readonly users: Pick<Users, 'cache'>;
}

export function composeErasure({ database }: Core, { audit, sessions, users }: Parts): Periodic {
  return createErasureWatch({
    db: database.db,
    async onErasure(userId) {
      users.cache.invalidate(userId);
      await sessions.endAll(userId);
      // At the end of an erasure its own row too: who restores a backup finds that there was one.
      await audit.anchorNow();
    },
  });
}
