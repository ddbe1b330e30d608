// Adding or replacing a key: type it, try it, save it. What was typed goes with the dialog.
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { Dialog } from '../components/dialog.tsx';
import { ProblemLine } from '../components/problem-line.tsx';
import type { ProviderInfo, StoredKey } from '../store.ts';
import { EndpointField, LabelField, SecretField } from './key-fields.tsx';
import { KeySaved } from './key-saved.tsx';
import { insteadOf, LooksLike, NotSent } from './other-provider.tsx';
import { Asking, askedName, Result } from './test-result.tsx';
import { useKeyForm } from './use-key-form.ts';
import { usePastedKey } from './use-pasted-key.ts';

interface KeyFormProps {
  provider: ProviderInfo;
  /** By provider. */
  stored: ReadonlyMap<string, StoredKey>;
  all: readonly ProviderInfo[];
  /** What was typed for another provider and belongs to this one. Emptied here. */
  handover: RefObject<string>;
  /** To the same form of another provider. */
  onProvider: (provider: string) => void;
  onClose: () => void;
}

export function KeyForm({ provider, stored, all, handover, onProvider, onClose }: KeyFormProps) {
  const pasted = usePastedKey(provider, all);
  const { input, seen } = pasted;
  const old = stored.get(provider.id);
  const state = useKeyForm(provider, pasted, old !== undefined);
  const { form, busy, problem, result, saved } = state;
  useTakeOver(handover, pasted);
  if (saved !== undefined) return <KeySaved provider={provider} {...saved} done={seen.done} onClose={onClose} />;

  const onGo = (id: string): void => {
    handover.current = input.current?.value ?? '';
    onProvider(id);
  };
  const instead = seen.owner && insteadOf(seen.owner, { all, stored, onGo });
  const custom = provider.id === 'custom';
  const endpoint = { problem: problem?.fields.get('endpoint'), value: old?.endpoint, onType: state.forget };
  return (
    <Dialog
      title={`${old === undefined ? 'Add' : 'Replace'} your ${provider.name} key`}
      onClose={onClose}
      busy={busy === 'saving'}
    >
      <form
        ref={form}
        class="form"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (busy === undefined) state.save();
        }}
      >
        {old !== undefined && <TestedFirst provider={provider} old={old} />}
        {custom && <EndpointField required {...endpoint} />}
        <SecretField
          provider={provider}
          field={pasted}
          problem={seen.problem ?? problem?.fields.get('key')}
          onType={state.forget}
        >
          {instead !== undefined && !state.held && <LooksLike instead={instead} provider={provider} />}
        </SecretField>
        <LabelField provider={provider} problem={problem?.fields.get('label')} value={old?.label} />
        {!custom && (
          <details open={endpoint.problem !== undefined || typeof old?.endpoint === 'string'}>
            <summary>Use another endpoint</summary>
            <EndpointField {...endpoint} />
          </details>
        )}
        <div aria-live="polite">
          {busy === 'testing' && <Asking provider={provider.id} name={provider.name} />}
          {result !== undefined && <Result result={result} kept={state.saveAnyway !== undefined} />}
          {instead !== undefined && state.held && (
            <NotSent instead={instead} provider={provider} onSend={state.sendAnyway} />
          )}
          {/* What is wrong with a field stands beside it. */}
          {problem !== undefined && problem.fields.size === 0 && <ProblemLine problem={problem} />}
        </div>
        <Actions replaces={old !== undefined} state={state} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

/** What was typed in the form of another provider. */
function useTakeOver(handover: RefObject<string>, { input, onChange }: ReturnType<typeof usePastedKey>): void {
  useEffect(() => {
    if (!handover.current || input.current === null) return;
    input.current.value = handover.current;
    handover.current = '';
    onChange();
  }, []);
}

function TestedFirst({ provider, old }: { provider: ProviderInfo; old: StoredKey }) {
  const asked = askedName(provider.id, provider.name);
  return (
    <p class="soft">
      We test the new key first.{' '}
      {old.state === 'usable' && (
        <>
          <code>{old.key_preview}</code> stays in place until {asked} accepts the new one. Revoke it at its provider
          afterwards.
        </>
      )}
    </p>
  );
}

interface ActionsProps {
  replaces: boolean;
  state: ReturnType<typeof useKeyForm>;
  onCancel: () => void;
}

function Actions({ replaces, state: { form, busy, test, saveAnyway }, onCancel }: ActionsProps) {
  return (
    <div class="dialog-actions">
      <button type="button" class="button quiet start" onClick={onCancel} disabled={busy === 'saving'}>
        Cancel
      </button>
      {!replaces && (
        <button
          type="button"
          class="button quiet"
          disabled={busy !== undefined}
          onClick={() => form.current?.reportValidity() && test()}
        >
          Test first
        </button>
      )}
      {saveAnyway !== undefined && (
        <button type="button" class="button quiet" disabled={busy !== undefined} onClick={saveAnyway}>
          Replace anyway
        </button>
      )}
      <button type="submit" class="button" disabled={busy !== undefined}>
        {busy === 'saving' ? 'Saving …' : !replaces ? 'Save key' : saveAnyway ? 'Test again' : 'Test and replace'}
      </button>
    </div>
  );
}
