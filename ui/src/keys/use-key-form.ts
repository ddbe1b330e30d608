// What a key's form does with what is typed in it: try it, and save it. What was typed stays in the browser's fields. A key
// that takes another's place is tested first; where its provider does not simply accept it, saving it takes a second step.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { answerOf, callLimit } from '../api/client.ts';
import type { Problem } from '../api/problem.ts';
import { useWrite } from '../components/use-write.ts';
import { KEYS, PREFIX, type ProviderInfo, providerId, useStore } from '../store.ts';
import { testState } from './key-state.ts';
import { type TestResult, testKey } from './test-result.tsx';
import type { PastedKeyField } from './use-pasted-key.ts';

type Doing = 'saving' | 'testing' | 'replacing';

interface Typed {
  readonly key: string;
  readonly endpoint: string | undefined;
  readonly label: string | undefined;
}

/** Once it is saved. */
interface Saved {
  /** What the service has to say about the key. */
  readonly warnings: readonly string[];
  /** Somebody chose to send it to this provider although it looks like another's. */
  readonly sendAnyway: boolean;
}

interface KeyFormState {
  readonly form: RefObject<HTMLFormElement | null>;
  readonly busy: 'saving' | 'testing' | undefined;
  readonly problem: Problem | undefined;
  /** Of the test of what is typed. */
  readonly result: TestResult | undefined;
  readonly saved: Saved | undefined;
  /** Whether it was about to be sent, and looks like another provider's. */
  readonly held: boolean;
  /** What is typed is no longer what was tested or asked about. */
  forget(): void;
  test(): void;
  save(): void;
  /** What was held back. */
  sendAnyway(): void;
  /** Undefined: there is nothing that was tested and not saved for its result. */
  readonly saveAnyway: (() => void) | undefined;
}

const KEPT = 'Your current key is still in place.';

/** @param replaces whether a key is stored already. */
export function useKeyForm(provider: ProviderInfo, pasted: PastedKeyField, replaces: boolean): KeyFormState {
  const { api, session, announce } = useStore();
  const form = useRef<HTMLFormElement>(null);
  const write = useWrite();
  const [busy, setBusy] = useState<'saving' | 'testing'>('saving');
  const [result, setResult] = useState<TestResult>();
  const [saved, setSaved] = useState<Saved>();
  const [held, setHeld] = useState<Doing>();
  /** Sent to this provider, as somebody said, until another is typed. */
  const agreed = useRef(false);
  /** What `result` is about: that is what is saved, not what the fields hold by then. */
  const tested = useRef<Typed>(undefined);
  const open = useOpen();

  const typed = (key: string): Typed => {
    const data = new FormData(form.current ?? undefined);
    const text = (name: string): string | undefined => String(data.get(name) ?? '').trim() || undefined;
    return { key, endpoint: text('endpoint'), label: text('label') };
  };
  const test = async (what: Typed): Promise<TestResult> => {
    setBusy('testing');
    const { key, endpoint } = what;
    return await testKey(api, provider.id, { key, endpoint, ...(agreed.current ? { send_anyway: true } : {}) });
  };
  const save = async (what: Typed): Promise<void> => {
    setBusy('saving');
    const body = { provider: providerId(provider.id), ...what };
    const { warnings } = await answerOf(api.POST(`${PREFIX}/keys/add`, { body, signal: callLimit() }));
    setSaved({ warnings, sendAnyway: agreed.current });
    announce(`${provider.name} key saved`);
    session.changed(KEYS);
  };
  const tell = (answer: TestResult, more = ''): void => {
    setResult(answer);
    announce(`${answer.message} ${more}`.trim());
  };
  const actions: Readonly<Record<Doing, (what: Typed) => Promise<void>>> = {
    saving: save,
    testing: async (what) => tell(await test(what)),
    async replacing(what) {
      const answer = await test(what);
      // Somebody who has left the form wants nothing of it any more.
      if (!open.current) return;
      if (testState(answer.status, answer.details.reason).tone === 'good') return await save(what);
      tested.current = what;
      tell(answer, KEPT);
    },
  };
  const forget = (): void => {
    write.forget();
    setResult(undefined);
    setHeld(undefined);
    tested.current = undefined;
    agreed.current = false;
  };
  const start = (doing: Doing): void => {
    const settled = pasted.settle();
    write.forget();
    setResult(undefined);
    setHeld(settled?.owner === undefined || agreed.current ? undefined : doing);
    if (settled === undefined) pasted.input.current?.focus();
    else if (settled.owner !== undefined && !agreed.current)
      announce(`Nothing was sent. This looks like a key for ${settled.owner.name}.`);
    else {
      const what = typed(settled.key);
      void write.run(() => actions[doing](what));
    }
  };
  const { current: left } = tested;
  return {
    ...{ form, result, saved, forget },
    held: held !== undefined,
    busy: write.busy ? busy : undefined,
    problem: write.problem,
    test: () => start('testing'),
    save: () => start(replaces ? 'replacing' : 'saving'),
    sendAnyway() {
      agreed.current = true;
      if (held !== undefined) start(held);
    },
    saveAnyway: left === undefined || result === undefined ? undefined : () => void write.run(() => save(left)),
  };
}

/** Whether the form is still there. */
function useOpen(): { readonly current: boolean } {
  const open = useRef(true);
  useEffect(
    () => () => {
      open.current = false;
    },
    [],
  );
  return open;
}
