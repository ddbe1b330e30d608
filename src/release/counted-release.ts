// Key release, counted by whose key it was and how it ended.
import { ByokError } from '../shared/errors.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { KeyRelease } from './key-release.ts';

export const countedRelease = (metrics: Pick<Metrics, 'release'>, { release }: KeyRelease): KeyRelease => ({
  async release(...request) {
    try {
      const released = await release(...request);
      metrics.release(released.source, 'ok');
      return released;
    } catch (error) {
      metrics.release('none', error instanceof ByokError ? reasonOf(error) : 'internal');
      throw error;
    }
  },
});

/** The reason word of a refusal, else the error's code: both are from fixed lists. */
const reasonOf = ({ code, extras }: ByokError): string => (typeof extras.reason === 'string' ? extras.reason : code);
