// The audit log as the service runs it: appending, anchors, and the daily end of old rows.
import type { Logger } from 'pino';
import type { Core } from '../app/core.ts';
import type { Config } from '../config/config.ts';
import { databaseReason } from '../database/database-statements.ts';
import { API_PREFIX, type Feature } from '../http/feature.ts';
import { StartupProblem } from '../shared/errors.ts';
import { textOf } from '../shared/live-text.ts';
import type { Metrics } from '../shared/metrics.ts';
import { createPeriodic, type Periodic } from '../shared/periodic.ts';
import { adminAuditRoutes } from './admin-audit-routes.ts';
import { createAuditAnchors } from './audit-anchors.ts';
import type { AuditLog } from './audit-log.ts';
import { type AuditRecorder, createAuditRecorder } from './audit-recorder.ts';
import { auditRoutes } from './audit-routes.ts';
import type { AuditTrail } from './audit-trail.ts';
import { createPostgresAuditLog } from './postgres-audit-log.ts';
import { readAuditHead } from './postgres-audit-rows.ts';
import { createPostgresAuditTrail } from './postgres-audit-trail.ts';
import { createRequestAudit, type RequestAudit } from './request-audit.ts';
import { sendAuditAnchor } from './undici-audit-anchor.ts';
import { mayPruneAudit, pruneAudit } from './upkeep/postgres-audit-prune.ts';

const DAY_MS = 86_400_000;

export interface Audit {
  readonly log: AuditLog;
  /** The same, for what somebody does. */
  readonly recorder: AuditRecorder;
  /** The same, for routes. */
  readonly requests: RequestAudit;
  readonly feature: Feature;
  readonly trail: AuditTrail;
  readonly lagSeconds: () => number;
  /** Announces the last row there is, whoever has written it: commands write rows too. */
  readonly anchorNow: () => Promise<void>;
  /** Writes what waits, and announces the last row. Idempotent, bounded. */
  close(): Promise<void>;
}

export function composeAudit(
  { audit }: Config,
  core: Core,
  logger: Logger,
  metrics: Pick<Metrics, 'auditBatch'>,
): Audit {
  const { database, auditChain: chain } = core;
  const { anchorUrl, retentionDays } = audit;
  // Written whatever LOG_LEVEL says, short of silence: an anchor that nobody has finds nothing.
  const anchorLog = logger.level === 'silent' ? logger : logger.child({}, { level: 'info' });
  const anchors = createAuditAnchors({
    announce: (anchor) => anchorLog.info(anchor, 'audit anchor'),
    send: anchorUrl === undefined ? undefined : (anchor) => sendAuditAnchor(textOf(anchorUrl), anchor),
    onSendFailed: (error) =>
      logger.error({ err: error }, 'an audit anchor could not be sent: the next one stands for it too'),
  });
  const log = createPostgresAuditLog({
    db: database.appends,
    chain,
    onWritten: anchors.written,
    onBatch: metrics.auditBatch,
  });
  const pruning = retentionDays === undefined ? undefined : pruneDaily(core, retentionDays, logger);
  const recorder = createAuditRecorder(log);
  const requests = createRequestAudit(recorder);
  const trail = createPostgresAuditTrail(database.db, chain);
  const anchorNow = async (): Promise<void> => anchors.reached(await readAuditHead(database.db));
  const looking = { prefix: API_PREFIX, trail, audit: requests };
  return {
    log,
    recorder,
    requests,
    lagSeconds: log.lagSeconds,
    trail,
    anchorNow,
    feature: {
      accounts: async (scope) => scope.register(auditRoutes, looking),
      admins: async (scope) => scope.register(adminAuditRoutes, looking),
    },
    async close() {
      await log.close();
      // Without the database what this process has written is announced.
      const last = await readAuditHead(database.db).catch(() => undefined);
      await Promise.all([anchors.close(last), pruning?.stop()]);
    },
  };
}

function pruneDaily({ database, auditChain }: Core, days: number, logger: Logger): Pick<Periodic, 'stop'> {
  const prune = async (): Promise<void> => {
    const cutoff = new Date(Date.now() - days * DAY_MS);
    try {
      await database.asOwner(async (db) => {
        if (!(await mayPruneAudit(db))) {
          logger.warn(
            'old audit rows are still there: this database role may not delete them. Run `byok audit prune` with DATABASE_MIGRATION_URL.',
          );
          return;
        }
        const rows = await pruneAudit(db, auditChain, { cutoff, actor: { kind: 'system', id: 'retention' } });
        if (rows > 0) logger.info({ rows }, 'old audit rows were deleted');
      });
    } catch (error) {
      const reason = error instanceof StartupProblem ? error.message : databaseReason(error);
      logger.error({ reason }, 'old audit rows could not be deleted: tried again tomorrow');
    }
  };
  const daily = createPeriodic({ run: prune, rhythm: { everyMs: DAY_MS } });
  daily.start();
  void daily.runNow();
  return daily;
}
