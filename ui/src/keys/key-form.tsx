// Adding or replacing a key: type it, try it, save it. What was typed goes with the dialog.
import { useRef, useState } from 'preact/hooks';
import { answerOf, callLimit } from '../api/client.ts';
import { Dialog } from '../components/dialog.tsx';
import { KEYS, PREFIX, type ProviderInfo, providerId, type StoredKey, useStore } from '../store.ts';
import { EndpointField, LabelField, SecretField } from './key-fields.tsx';
import { KeySaved } from './key-saved.tsx';
import { prefixWarning } from './prefix-warning.ts';
import { ProblemLine } from './problem-line.tsx';
import { Asking, Result, type TestResult, testKey } from './test-result.tsx';
import { useWrite } from './use-write.ts';

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
  const write = useWrite();
  const { problem } = write;
  const [doing, setDoing] = useState<'saving' | 'testing'>('saving');
  const busy = write.busy ? doing : undefined;
  const [hint, setHint] = useState<string>();
  const [result, setResult] = useState<TestResult>();
  const [saved, setSaved] = useState<readonly string[]>();
  const custom = provider.id === 'custom';

  const typed = () => {
    const data = new FormData(form.current ?? undefined);
    const text = (name: string): string | undefined => String(data.get(name) ?? '').trim() || undefined;
    return { key: field.current?.value.trim() ?? '', endpoint: text('endpoint'), label: text('label') };
  };
  const tryFirst = (): void => {
    setDoing('testing');
    setResult(undefined);
    void write.run(async () => {
      const { key, endpoint } = typed();
      const tested = await testKey(api, provider.id, { key, endpoint });
      setResult(tested);
      announce(tested.message);
    });
  };
  const save = (): void => {
    setDoing('saving');
    setResult(undefined);
    void write.run(async () => {
      const body = { provider: providerId(provider.id), ...typed() };
      const { warnings } = await answerOf(api.POST(`${PREFIX}/keys/add`, { body, signal: callLimit() }));
      setSaved(warnings);
      announce(`${provider.name} key saved`);
      session.changed(KEYS);
    });
  };

  if (saved !== undefined) return <KeySaved provider={provider} warnings={saved} onClose={onClose} />;

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
          save();
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
          {busy === 'testing' && <Asking provider={provider.id} name={provider.name} />}
          {result !== undefined && <Result result={result} />}
          {/* What is wrong with a field stands beside it. */}
          {problem !== undefined && problem.fields.size === 0 && <ProblemLine problem={problem} />}
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
              if (form.current?.reportValidity()) tryFirst();
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
