// One stored key: what it is, how it is, and what can be done with it.
import { useId, useState } from 'preact/hooks';
import { ProblemLine } from '../components/problem-line.tsx';
import { ProviderMark } from '../components/provider-mark.tsx';
import { serviceName } from '../components/service-name.ts';
import { Ago } from '../components/time.tsx';
import { useWrite } from '../components/use-write.ts';
import { KEYS, type LastUse, type StoredKey, useStore } from '../store.ts';
import { stateOf, testState } from './key-state.ts';
import { Asking, testKey } from './test-result.tsx';

interface KeyCardProps {
  stored: StoredKey;
  /** Undefined: not known (yet). */
  lastUse: LastUse | 'never' | undefined;
  mayStore: boolean;
  onReplace: () => void;
  onEdit: () => void;
  onDelete: () => void;
}

export function KeyCard({ stored, lastUse, mayStore, onReplace, onEdit, onDelete }: KeyCardProps) {
  const { api, session, announce } = useStore();
  const id = useId();
  const write = useWrite();
  const [said, setSaid] = useState<string>();
  const [unsent, setUnsent] = useState(false);
  const state = stateOf(stored);
  const name = stored.provider_name;
  const test = (how?: { send_anyway: true }): Promise<boolean> =>
    write.run(async () => {
      setSaid(undefined);
      setUnsent(false);
      announce(`Testing the ${name} key`);
      const { message, details } = await testKey(api, stored.provider, how);
      setSaid(message);
      setUnsent(details.reason === 'other_provider');
      session.changed(KEYS);
    });
  const why = said ?? state.why;
  return (
    <article class="card key" aria-labelledby={id}>
      <header>
        <ProviderMark id={stored.provider} name={name} />
        <div>
          <h3 id={id}>{name}</h3>
          <p class="label">{stored.label}</p>
        </div>
        <span class="badge" data-tone={state.tone}>
          {state.word}
        </span>
      </header>
      <p class="secret">
        <code>{stored.state === 'usable' ? stored.key_preview : '••••••••'}</code>
      </p>
      {stored.endpoint !== null && <p class="endpoint">{stored.endpoint}</p>}
      <div aria-live="polite">
        {write.busy ? (
          <Asking provider={stored.provider} name={name} class="why" />
        ) : write.problem !== undefined ? (
          <ProblemLine problem={write.problem} before="The key was not tested." />
        ) : (
          why !== undefined && (
            <p class="why" data-tone={unsent ? 'warn' : state.tone}>
              {why}
            </p>
          )
        )}
        {unsent && !write.busy && (
          <button type="button" class="button quiet small" onClick={() => void test({ send_anyway: true })}>
            Send it to {name} anyway
          </button>
        )}
      </div>
      <Facts stored={stored} lastUse={lastUse} />
      <Actions
        name={name}
        test={write.busy || stored.state !== 'usable' ? undefined : () => void test()}
        replace={mayStore ? onReplace : undefined}
        edit={mayStore || stored.enabled ? onEdit : undefined}
        remove={onDelete}
      />
    </article>
  );
}

function Facts({ stored, lastUse }: Pick<KeyCardProps, 'stored' | 'lastUse'>) {
  return (
    <dl class="facts">
      <Fact name="Added">{stored.added_date === null ? 'Not known' : <Ago at={stored.added_date} />}</Fact>
      <Fact name="Last test">{stored.last_tested === null ? 'Never' : <Ago at={stored.last_tested} />}</Fact>
      {stored.earlier_test !== undefined && (
        <Fact name="Before that">
          {testState(stored.earlier_test.status, stored.earlier_test.reason).word}
          {stored.earlier_test.tested_at !== null && (
            <>
              , <Ago at={stored.earlier_test.tested_at} />
            </>
          )}
        </Fact>
      )}
      {lastUse !== undefined && (
        <Fact name="Last used">
          {lastUse === 'never' ? (
            'Never'
          ) : (
            <>
              <Ago at={lastUse.used_at} /> by {serviceName(lastUse.service)}
            </>
          )}
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

type Act = () => void;

interface ActionsProps {
  /** Of the provider. */
  name: string;
  /** Undefined: not now. */
  test: Act | undefined;
  /** Undefined: not for this person. */
  replace: Act | undefined;
  edit: Act | undefined;
  remove: Act;
}

function Actions({ name, test, replace, edit, remove }: ActionsProps) {
  const of = <span class="visually-hidden"> the {name} key</span>;
  return (
    <footer>
      <button type="button" class="plain" disabled={test === undefined} onClick={test}>
        Test{of}
      </button>
      {replace !== undefined && (
        <button type="button" class="plain" onClick={replace}>
          Replace{of}
        </button>
      )}
      {edit !== undefined && (
        <button type="button" class="plain" onClick={edit}>
          Edit{of}
        </button>
      )}
      <button type="button" class="plain danger push" onClick={remove}>
        Delete{of}
      </button>
    </footer>
  );
}
