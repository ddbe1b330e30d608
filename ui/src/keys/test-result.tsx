// The test of a key while it runs, and what came of it.
import { type Answer, type Api, answerOf, callLimit } from '../api/client.ts';
import { Spinner } from '../components/notice.tsx';
import { PREFIX, providerId } from '../store.ts';
import { testState } from './key-state.ts';

export type TestResult = Answer<'/api/v1/byok/keys/test/{provider}', 'post'>;

/** @param typed what is not stored yet; without it the stored key is tested. */
export const testKey = (
  api: Api,
  provider: string,
  typed?: { key: string; endpoint: string | undefined },
): Promise<TestResult> =>
  answerOf(
    api.POST(`${PREFIX}/keys/test/{provider}`, {
      params: { path: { provider: providerId(provider) } },
      signal: callLimit(),
      ...(typed === undefined ? {} : { body: typed }),
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

export function Result({ result }: { result: TestResult }) {
  const { word, tone } = testState(result.status, result.details.reason);
  return (
    <div class="result" data-tone={tone}>
      <div>
        <strong>{word}</strong>
        {result.message}
      </div>
    </div>
  );
}
