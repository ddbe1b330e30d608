// After a key was saved: whether it works. It is the stored key that is tested, so nothing is sent a second time.
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../components/dialog.tsx';
import { ProblemLine } from '../components/problem-line.tsx';
import { useWrite } from '../components/use-write.ts';
import { KEYS, type ProviderInfo, useStore } from '../store.ts';
import { Asking, Result, type TestResult, testKey } from './test-result.tsx';

interface KeySavedProps {
  provider: ProviderInfo;
  /** Sentences of the service about the key. */
  warnings: readonly string[];
  /** Somebody chose to send it here although it looks like another provider's. */
  sendAnyway: boolean;
  /** What was done to it before it was sent. */
  done: string | undefined;
  onClose: () => void;
}

export function KeySaved({ provider, warnings, sendAnyway, done, onClose }: KeySavedProps) {
  const { api, session, announce } = useStore();
  const write = useWrite();
  const [result, setResult] = useState<TestResult>();
  const test = (): void => {
    void write.run(async () => {
      const tested = await testKey(api, provider.id, sendAnyway ? { send_anyway: true } : undefined);
      setResult(tested);
      announce(tested.message);
      session.changed(KEYS);
    });
  };
  useEffect(test, []);
  return (
    <Dialog title={`${provider.name} key saved`} onClose={onClose}>
      <div aria-live="polite">
        {done !== undefined && <p class="done-line">{done}</p>}
        {warnings.map((warning) => (
          <p class="warning-line" key={warning}>
            {warning}
          </p>
        ))}
        {write.busy && <Asking provider={provider.id} name={provider.name} />}
        {result !== undefined && <Result result={result} />}
        {write.problem !== undefined && (
          <ProblemLine problem={write.problem} before="The key is saved, but could not be tested." />
        )}
      </div>
      <div class="dialog-actions">
        {write.problem !== undefined && (
          <button type="button" class="button quiet" disabled={write.busy} onClick={test}>
            Test again
          </button>
        )}
        <button type="button" class="button" autofocus onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}
