// What a key's form does with what is typed in it: try it, and save it. What was typed stays in the browser's fields.
import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { answerOf, callLimit } from '../api/client.ts';
import type { Problem } from '../api/problem.ts';
import { useWrite } from '../components/use-write.ts';
import { KEYS, PREFIX, type ProviderInfo, providerId, useStore } from '../store.ts';
import { type TestResult, testKey } from './test-result.tsx';

interface KeyFormState {
  readonly form: RefObject<HTMLFormElement | null>;
  /** The field of the key. */
  readonly field: RefObject<HTMLInputElement | null>;
  readonly busy: 'saving' | 'testing' | undefined;
  readonly problem: Problem | undefined;
  /** Of the test of what is typed. */
  readonly result: TestResult | undefined;
  /** Once it is saved: what the service has to say about the key. */
  readonly saved: readonly string[] | undefined;
  /** What is typed is no longer what was tested. */
  forgetResult(): void;
  test(): void;
  save(): void;
}

export function useKeyForm(provider: ProviderInfo): KeyFormState {
  const { api, session, announce } = useStore();
  const field = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const write = useWrite();
  const [doing, setDoing] = useState<'saving' | 'testing'>('saving');
  const [result, setResult] = useState<TestResult>();
  const [saved, setSaved] = useState<readonly string[]>();

  const typed = () => {
    const data = new FormData(form.current ?? undefined);
    const text = (name: string): string | undefined => String(data.get(name) ?? '').trim() || undefined;
    return { key: field.current?.value.trim() ?? '', endpoint: text('endpoint'), label: text('label') };
  };
  const start = (what: 'saving' | 'testing', action: () => Promise<void>): void => {
    setDoing(what);
    setResult(undefined);
    void write.run(action);
  };
  const test = async (): Promise<void> => {
    const { key, endpoint } = typed();
    const tested = await testKey(api, provider.id, { key, endpoint });
    setResult(tested);
    announce(tested.message);
  };
  const save = async (): Promise<void> => {
    const body = { provider: providerId(provider.id), ...typed() };
    const { warnings } = await answerOf(api.POST(`${PREFIX}/keys/add`, { body, signal: callLimit() }));
    setSaved(warnings);
    announce(`${provider.name} key saved`);
    session.changed(KEYS);
  };
  return {
    ...{ form, field, result, saved },
    busy: write.busy ? doing : undefined,
    problem: write.problem,
    forgetResult: () => setResult(undefined),
    test: () => start('testing', test),
    save: () => start('saving', save),
  };
}
