// The fields of a key that is typed. The key's own keeps what is typed in the browser's field and nowhere else.
import type { RefObject } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { ProviderInfo } from '../store.ts';

interface SecretFieldProps {
  provider: ProviderInfo;
  input: RefObject<HTMLInputElement | null>;
  hint: string | undefined;
  problem: string | undefined;
  onType: (key: string) => void;
}

export function SecretField({ provider, input, hint, problem, onType }: SecretFieldProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div class="field">
      <label for={id}>API key</label>
      <div class="with-button">
        <input
          id={id}
          ref={input}
          autofocus
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
        <FieldProblem name="key" problem={problem} />
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
}

export function EndpointField({ required = false, problem, value }: EndpointFieldProps) {
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
