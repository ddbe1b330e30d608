// The keys of a person, as far as administrators may know them: states and dates.
import { ProviderMark } from '../../components/provider-mark.tsx';
import { serviceName } from '../../components/service-name.ts';
import { Ago } from '../../components/time.tsx';
import { stateOf } from '../../keys/key-state.ts';
import type { PersonKey } from './person.ts';

interface PersonKeysProps {
  keys: readonly PersonKey[];
  onRevoke: (key: PersonKey) => void;
}

export function PersonKeys({ keys, onRevoke }: PersonKeysProps) {
  return (
    <div class="table">
      <table class="rows stack with-action" aria-label="Keys of this person">
        <thead>
          <tr>
            <th scope="col">Provider</th>
            <th scope="col">State</th>
            <th scope="col">Added</th>
            <th scope="col">Last test</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span class="visually-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <Row key={key.provider} personKey={key} onRevoke={() => onRevoke(key)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ personKey, onRevoke }: { personKey: PersonKey; onRevoke: () => void }) {
  const { word, tone } = stateOf(personKey);
  return (
    <tr>
      <th scope="row">
        <span class="provider">
          <ProviderMark id={personKey.provider} name={personKey.provider_name} />
          {personKey.provider_name}
        </span>
      </th>
      <td data-label="State">
        <span class="badge" data-tone={tone}>
          {word}
        </span>
      </td>
      <td data-label="Added">{personKey.added_date === null ? 'Not known' : <Ago at={personKey.added_date} />}</td>
      <td data-label="Last test">{personKey.last_tested === null ? 'Never' : <Ago at={personKey.last_tested} />}</td>
      <td data-label="Last used">
        {personKey.last_used_at === null ? (
          'Never'
        ) : (
          <span>
            <Ago at={personKey.last_used_at} /> by {serviceName(personKey.last_used_by ?? 'a service')}
          </span>
        )}
      </td>
      <td class="action">
        <button type="button" class="plain danger" onClick={onRevoke}>
          Revoke<span class="visually-hidden"> the {personKey.provider_name} key</span>
        </button>
      </td>
    </tr>
  );
}
