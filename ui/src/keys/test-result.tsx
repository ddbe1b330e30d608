// The test of a key while it runs, and what came of it.
import { type Answer, type Api, answerOf, callLimit } from '../api/client.ts';
import { Spinner } from '../components/notice.tsx';
import { PREFIX, providerId } from '../store.ts';
import { testState } from './key-state.ts';

export type TestResult = Answer<'/api/v1/byok/keys/test/{provider}', 'post'>;

interface Tested {
  /** One that is not stored yet; without it the stored key is tested. */
  readonly key?: string;
  readonly endpoint?: string | undefined;
  /** To this provider, although the key looks like another's. */
  readonly send_anyway?: boolean;
}

export const testKey = (api: Api, provider: string, tested?: Tested): Promise<TestResult> =>
  answerOf(
    api.POST(`${PREFIX}/keys/test/{provider}`, {
      params: { path: { provider: providerId(provider) } },
      signal: callLimit(),
      ...(tested === undefined ? {} : { body: tested }),
    }),
  );

/** How a sentence names whoever is asked. */
export const askedName = (provider: string, name: string): string => (provider === 'custom' ? 'the endpoint' : name);

export function Asking({
  provider,
  name,
  class: className = 'result',
}: {
  provider: string;
  name: string;
  class?: string;
}) {
  return (
    <p class={className}>
      <Spinner /> Asking {askedName(provider, name)} … this can take up to 15 seconds.
    </p>
  );
}

/** @param kept whether the key that it was to replace is still there. */
export function Result({ result, kept = false }: { result: TestResult; kept?: boolean }) {
  const { word, tone } = testState(result.status, result.details.reason);
  return (
    <div class="result" data-tone={tone}>
      <div>
        <strong>{word}</strong>
        {result.message}
        {kept && <p>Your current key is still in place.</p>}
      </div>
    </div>
  );
}
