// Who is asking: decided by a session or a token, never by anything else in the request.
import type { Session } from '../sessions/session-store.ts';

export interface Principal {
  readonly userId: string;
  readonly email: string | undefined;
  readonly roles: readonly string[];
  /** `session`: a session of ours. `platform`: one of the ops-center back end. `bearer`: an access token. */
  readonly via: 'session' | 'platform' | 'bearer';
  /** Set where `via` is `session`. */
  readonly session: Session | undefined;
}
