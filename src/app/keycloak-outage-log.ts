// What the log says of Keycloak's outages: one line where it begins, one for each other cause, one when it is over.
import type { Logger } from 'pino';
import { refusedWord } from '../keycloak/keycloak-failures.ts';
import { type Asked, adviceOnRefusal } from '../keycloak/keycloak-refusal-advice.ts';
import type { Readiness } from '../users/readiness.ts';
import type { Core } from './core.ts';

interface Parts {
  readonly logger: Logger;
  readonly readiness: Pick<Readiness, 'state'>;
  readonly asked?: Asked;
}

/** Nothing while the start waits for Keycloak: then readiness has said so. */
export function logKeycloakOutages({ breaker }: Core, { logger, readiness, asked }: Parts): void {
  let told = false;
  breaker?.onNews((news) => {
    const reason = `Keycloak ${news.cause.what}`;
    const fault = refusedWord(news.cause);
    if (news.kind === 'over') {
      const over = fault !== undefined ? 'Keycloak no longer refuses this service' : 'Keycloak answers again';
      if (told) logger.info({ reason, seconds: news.seconds }, over);
      told = false;
      return;
    }
    if (readiness.state() === 'starting') return;
    // Nothing that passes by itself: somebody has to do something.
    if (fault !== undefined && asked !== undefined)
      logger.error(
        { fault, reason },
        `Keycloak refuses this service. ${fault === 'not_permitted' ? RIGHTS : adviceOnRefusal(reason, asked)}`,
      );
    else logger.warn({ reason }, news.kind === 'cause' && told ? OTHERWISE : SILENT);
    told = true;
  });
}

const RIGHTS =
  'Its service account has lost its roles of realm-management. Run `byok keycloak setup`, or give them back under Clients, KEYCLOAK_CLIENT_ID, Service account roles.';
const SILENT = 'Keycloak does not answer: calls fail at once until it does';
const OTHERWISE = 'Keycloak still does not answer, for another reason';
