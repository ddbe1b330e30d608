// Adding or replacing a key: type it, try it, save it. What was typed lives in the field and nowhere else, and goes
// with it.
import { useId, useRef, useState } from 'preact/hooks';
import { type Answer, answerOf, callLimit } from '../api/client.ts';
import { type Problem, ProblemError } from '../api/problem.ts';
import { Dialog } from '../components/dialog.tsx';
import { Spinner } from '../components/notice.tsx';
import { KEYS, PREFIX, type ProviderInfo, providerId, type StoredKey, useStore } from '../store.ts';
import { testState } from './key-state.ts';
import { prefixWarning } from './prefix-warning.ts';
import { ProblemLine } from './problem-line.tsx';

type TestResult = Answer<'/api/v1/byok/keys/test/{provider}', 'post'>;
type Busy = 'saving' | 'testing' | undefined;

interface KeyFormProps {
  provider: ProviderInfo;
  /** Undefined: there is none yet. */
  stored: StoredKey | undefined;
  all: readonly ProviderInfo[];
  onClose: () => void;
}

export function KeyForm({ provider, stored, all, onClose }: KeyFormProps) {
  const { api, session, announce } = useStore();
  const field = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState<Busy>();
  const [problem, setProblem] = useState<Problem>();
  const [hint, setHint] = useState<string>();
  const [result, setResult] = useState<TestResult>();
  const [saved, setSaved] = useState<readonly string[]>();
  const custom = provider.id === 'custom';

  const typed = (): { key: string; endpoint: string | undefined; label: string | undefined } => {
    const data = new FormData(form.current ?? undefined);
    const text = (name: string): string | undefined => String(data.get(name) ?? '').trim() || undefined;
    return { key: field.current?.value.trim() ?? '', endpoint: text('endpoint'), label: text('label') };
  };
  const attempt = async (what: Busy, action: () => Promise<void>): Promise<void> => {
    setBusy(what);
    setProblem(undefined);
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.problem.status === 401) session.sessionEnded();
      setProblem(error.problem);
    } finally {
      setBusy(undefined);
    }
  };
  const params = { path: { provider: providerId(provider.id) } };
  const test = (body?: { key: string; endpoint?: string | undefined }): Promise<TestResult> =>
    answerOf(
      api.POST(`${PREFIX}/keys/test/{provider}`, {
        params,
        signal: callLimit(),
        ...(body === undefined ? {} : { body }),
      }),
    );

  const tryFirst = (): Promise<void> =>
    attempt('testing', async () => {
      const { key, endpoint } = typed();
      setResult(undefined);
      const tested = await test({ key, endpoint });
      setResult(tested);
      announce(tested.message);
    });
  const save = (): Promise<void> =>
    attempt('saving', async () => {
      const { key, endpoint, label } = typed();
      const body = { provider: providerId(provider.id), key, endpoint, label };
      const { warnings } = await answerOf(api.POST(`${PREFIX}/keys/add`, { body, signal: callLimit() }));
      if (field.current !== null) field.current.value = '';
      setResult(undefined);
      setSaved(warnings);
      announce(`${provider.name} key saved`);
      session.changed(KEYS);
      await testSaved();
    });
  const testSaved = (): Promise<void> =>
    attempt('testing', async () => {
      const tested = await test();
      setResult(tested);
      announce(tested.message);
      session.changed(KEYS);
    });

  if (saved !== undefined)
    return (
      <Dialog title={`${provider.name} key saved`} onClose={onClose} busy={busy !== undefined}>
        <div aria-live="polite">
          {saved.map((warning) => (
            <p class="warning-line" key={warning}>
              {warning}
            </p>
          ))}
          {busy !== undefined && <Progress name={provider.name} />}
          {result !== undefined && <Result result={result} />}
          {problem !== undefined && (
            <ProblemLine problem={problem} before="The key is saved, but could not be tested." />
          )}
        </div>
        <div class="dialog-actions">
          {problem !== undefined && (
            <button type="button" class="button quiet" disabled={busy !== undefined} onClick={() => void testSaved()}>
              Test again
            </button>
          )}
          {/* Who saved by the keyboard goes on by it. */}
          <button type="button" class="button" ref={(button) => button?.focus()} onClick={onClose}>
            Done
          </button>
        </div>
      </Dialog>
    );

  return (
    <Dialog
      title={stored === undefined ? `Add your ${provider.name} key` : `Replace your ${provider.name} key`}
      onClose={onClose}
      busy={busy !== undefined}
    >
      <form
        ref={form}
        class="form"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {stored !== undefined && (
          <p class="soft">
            The key <code>{stored.key_preview}</code> is overwritten. It stays valid at {provider.name} until you revoke
            it there.
          </p>
        )}
        {custom && <EndpointField required problem={problem?.fields.get('endpoint')} value={stored?.endpoint} />}
        <SecretField
          provider={provider}
          input={field}
          hint={hint}
          problem={problem?.fields.get('key')}
          onType={(key) => {
            setHint(prefixWarning(key, provider, all));
            setResult(undefined);
          }}
        />
        <LabelField provider={provider} problem={problem?.fields.get('label')} value={stored?.label} />
        {!custom && (
          <details open={problem?.fields.has('endpoint') || typeof stored?.endpoint === 'string'}>
            <summary>Use another endpoint</summary>
            <EndpointField problem={problem?.fields.get('endpoint')} value={stored?.endpoint} />
          </details>
        )}
        <div aria-live="polite">
          {busy === 'testing' && <Progress name={provider.name} />}
          {result !== undefined && <Result result={result} />}
          {problem !== undefined && <ProblemLine problem={problem} />}
        </div>
        <div class="dialog-actions">
          <button type="button" class="button quiet start" onClick={onClose} disabled={busy === 'saving'}>
            Cancel
          </button>
          <button
            type="button"
            class="button quiet"
            disabled={busy !== undefined}
            onClick={() => {
              if (form.current?.reportValidity()) void tryFirst();
            }}
          >
            Test first
          </button>
          <button type="submit" class="button" disabled={busy !== undefined}>
            {busy === 'saving' ? 'Saving …' : 'Save key'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface SecretFieldProps {
  provider: ProviderInfo;
  input: { current: HTMLInputElement | null };
  hint: string | undefined;
  problem: string | undefined;
  onType: (key: string) => void;
}

function SecretField({ provider, input, hint, problem, onType }: SecretFieldProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div class="field">
      <label for={id}>API key</label>
      <div class="with-button">
        <input
          id={id}
          ref={(element) => {
            const first = input.current === null;
            input.current = element;
            if (first) element?.focus();
          }}
          type={(shown ? 'text' : 'password') as 'password'}
          required
          minLength={10}
          maxLength={4096}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          data-1p-ignore
          data-lpignore="true"
          placeholder={provider.key_format === null ? '' : `${provider.key_format}…`}
          aria-describedby={`${id}-about`}
          aria-invalid={problem !== undefined}
          onInput={(event) => onType(event.currentTarget.value.trim())}
        />
        <button type="button" class="button quiet small" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {shown ? 'Hide' : 'Show'}
          <span class="visually-hidden"> what is typed</span>
        </button>
      </div>
      <div id={`${id}-about`} aria-live="polite">
        {problem !== undefined && <p class="problem-line">The key {problem}.</p>}
        {hint !== undefined && <p class="warning-line">{hint}</p>}
      </div>
      {provider.key_url !== null && (
        <p class="hint-line">
          No key yet?{' '}
          <a href={provider.key_url} target="_blank" rel="noreferrer">
            Get one from {provider.name}
            <span class="visually-hidden"> (opens a new tab)</span>
          </a>
        </p>
      )}
    </div>
  );
}

function LabelField({
  provider,
  problem,
  value,
}: {
  provider: ProviderInfo;
  problem: string | undefined;
  value: string | undefined;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>
        Label <small>optional</small>
      </label>
      <input
        id={id}
        name="label"
        maxLength={100}
        placeholder={`${provider.name} Key`}
        defaultValue={value}
        aria-invalid={problem !== undefined}
      />
      {problem !== undefined && <p class="problem-line">The label {problem}.</p>}
    </div>
  );
}

interface EndpointFieldProps {
  required?: boolean;
  problem: string | undefined;
  value: string | null | undefined;
}

function EndpointField({ required = false, problem, value }: EndpointFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Endpoint</label>
      <input
        id={id}
        name="endpoint"
        type="url"
        required={required}
        maxLength={2048}
        placeholder="https://llm.example.com/v1"
        defaultValue={value ?? ''}
        aria-describedby={`${id}-about`}
        aria-invalid={problem !== undefined}
      />
      <p class="hint-line" id={`${id}-about`}>
        {problem === undefined
          ? 'Base URL of an OpenAI-compatible API: https, and reachable from outside.'
          : `The endpoint ${problem}.`}
      </p>
    </div>
  );
}

function Progress({ name }: { name: string }) {
  return (
    <p class="result">
      <Spinner /> Asking {name === 'Custom Endpoint' ? 'the endpoint' : name} … this can take up to 15 seconds.
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
