// Flows of a program's calls, and what each was given or what was withheld from it: for tests of pairing without a service.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ByokClientError } from '../../clients/typescript/src/index.ts';
import { createPairings, type Pairing } from '../../clients/typescript/src/pairings.ts';

export const HOME = { endpoint: 'https://home.example/v1', version: 1 };
export const AWAY = { endpoint: 'https://away.example/v1', version: 2 };
export const ITS_OWN = { endpoint: null, version: null };

type Step = (pairing: Pairing) => void;
type Where = typeof HOME | typeof ITS_OWN | { readonly endpoint: null; readonly version: number };
export const key =
  (of: Where): Step =>
  (pairing) =>
    pairing.giveKey('openai', of);
export const endpoint =
  (of: Where): Step =>
  (pairing) =>
    pairing.giveEndpoint('openai', of);
export const both =
  (of: Where): Step =>
  (pairing) =>
    pairing.giveBoth('openai', of);

/** Of a flow of which nothing is known: a program's top level, a request of its own. */
const nobodys = AsyncLocalStorage.snapshot();

export function openFlows(most = 100) {
  const pairings = createPairings(most);
  /** One flow: what each of its calls came to, `given` or what was withheld. */
  const flowOf = (person = 'ada') => {
    let scope = nobodys;
    return (step: Step): string =>
      scope(() => {
        const pairing = pairings.begin(person);
        scope = AsyncLocalStorage.snapshot();
        try {
          step(pairing);
          return 'given';
        } catch (error) {
          const { code, message } = error as ByokClientError;
          return code === 'pair_withheld'
            ? (/^The (key|endpoint) is withheld: /.exec(message)?.[1] ?? message)
            : message;
        }
      });
  };
  /** Somebody of whom nothing is known asks once. */
  const stranger = (step: Step, person?: string): string => flowOf(person)(step);
  return { flowOf, stranger };
}
