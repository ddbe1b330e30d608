// Adding or replacing a key: type it, try it, save it. What was typed goes with the dialog.
import { useState } from 'preact/hooks';
import { Dialog } from '../components/dialog.tsx';
import { ProblemLine } from '../components/problem-line.tsx';
import type { ProviderInfo, StoredKey } from '../store.ts';
import { EndpointField, LabelField, SecretField } from './key-fields.tsx';
import { KeySaved } from './key-saved.tsx';
import { prefixWarning } from './prefix-warning.ts';
import { Asking, Result } from './test-result.tsx';
import { useKeyForm } from './use-key-form.ts';

interface KeyFormProps {
  provider: ProviderInfo;
  /** Undefined: there is none yet. */
  stored: StoredKey | undefined;
  all: readonly ProviderInfo[];
  onClose: () => void;
}

export function KeyForm({ provider, stored, all, onClose }: KeyFormProps) {
  const [hint, setHint] = useState<string>();
  const { form, field, busy, problem, result, saved, forgetResult, test, save } = useKeyForm(provider);
  const custom = provider.id === 'custom';
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
            forgetResult();
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
        <Actions busy={busy} onCancel={onClose} onTest={() => form.current?.reportValidity() && test()} />
      </form>
    </Dialog>
  );
}

interface ActionsProps {
  busy: 'saving' | 'testing' | undefined;
  onCancel: () => void;
  onTest: () => void;
}

function Actions({ busy, onCancel, onTest }: ActionsProps) {
  return (
    <div class="dialog-actions">
      <button type="button" class="button quiet start" onClick={onCancel} disabled={busy === 'saving'}>
        Cancel
      </button>
      <button type="button" class="button quiet" disabled={busy !== undefined} onClick={onTest}>
        Test first
      </button>
      <button type="submit" class="button" disabled={busy !== undefined}>
        {busy === 'saving' ? 'Saving …' : 'Save key'}
      </button>
    </div>
  );
}
