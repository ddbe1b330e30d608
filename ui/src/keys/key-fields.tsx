// The fields of a key that is typed. The key's own keeps what is typed in the browser's field and nowhere else.
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { ProviderInfo } from '../store.ts';
import type { PastedKeyField } from './use-pasted-key.ts';

interface SecretFieldProps {
  provider: ProviderInfo;
  field: PastedKeyField;
  problem: string | undefined;
  /** Another key than before. */
  onType: () => void;
  /** What else there is to say of what is typed. */
  children: ComponentChildren;
}

export function SecretField({ provider, field, problem, onType, children }: SecretFieldProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const { done, hint } = field.seen;
  return (
    <div class="field">
      <label for={id}>API key</label>
      <div class="with-button">
        <input
          id={id}
          ref={field.input}
          autofocus
          type={(shown ? 'text' : 'password') as 'password'}
          required
          minLength={provider.id === 'custom' ? 1 : 10}
          maxLength={4096}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          data-1p-ignore
          data-lpignore="true"
          placeholder={provider.key_format === null ? '' : `${provider.key_format}…`}
          aria-describedby={`${id}-about`}
          aria-invalid={problem !== undefined}
          onPaste={field.onPaste}
          onInput={(event) => {
            onType();
            field.onInput(event);
          }}
          onChange={field.onChange}
        />
        <button type="button" class="button quiet small" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {shown ? 'Hide' : 'Show'}
          <span class="visually-hidden"> what is typed</span>
        </button>
      </div>
      <div id={`${id}-about`} class="key-notes" aria-live="polite">
        {done !== undefined && <p class="done-line">{done}</p>}
        <FieldProblem name="key" problem={problem} />
        {hint !== undefined && <p class="warning-line">{hint}</p>}
        {children}
      </div>
      <KeyLink provider={provider} />
    </div>
  );
}

function KeyLink({ provider }: { provider: ProviderInfo }) {
  if (provider.key_url === null) return null;
  return (
    <p class="hint-line">
      No key yet?{' '}
      <a href={provider.key_url} target="_blank" rel="noreferrer">
        Get one from {provider.name}
        <span class="visually-hidden"> (opens a new tab)</span>
      </a>
    </p>
  );
}

export function LabelField({
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
      <FieldProblem name="label" problem={problem} />
    </div>
  );
}

interface EndpointFieldProps {
  required?: boolean;
  problem: string | undefined;
  value: string | null | undefined;
  /** Another one than before. */
  onType: () => void;
}

export function EndpointField({ required = false, problem, value, onType }: EndpointFieldProps) {
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
        onInput={onType}
        aria-describedby={`${id}-about`}
        aria-invalid={problem !== undefined}
      />
      <div id={`${id}-about`}>
        <FieldProblem name="endpoint" problem={problem} />
        <p class="hint-line">Base URL of an OpenAI-compatible API: https, and reachable from outside.</p>
      </div>
    </div>
  );
}

/** The service says `must have at most 100 characters`, or a sentence of its own. */
function FieldProblem({ name, problem }: { name: string; problem: string | undefined }) {
  if (problem === undefined) return null;
  return (
    <p class="problem-line" role="alert">
      {/^[a-z]/.test(problem) ? `The ${name} ${problem}.` : problem}
    </p>
  );
}
