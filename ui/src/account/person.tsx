// Who is signed in.
import type { Me } from '../store.ts';

export function Person({ me }: { me: Me }) {
  const name = me.name ?? me.email ?? 'Name not known';
  return (
    <section class="card account-card" aria-labelledby="account-person">
      <h2 id="account-person">You</h2>
      <div class="account-person">
        <span class="avatar" data-tier={me.tier} aria-hidden="true">
          {name.charAt(0).toUpperCase()}
        </span>
        <div>
          <p class="name">{name}</p>
          {me.email !== null && me.email !== name && <p class="email">{me.email}</p>}
        </div>
      </div>
      <dl class="facts">
        <div>
          <dt>Id, if an administrator asks for it</dt>
          <dd>
            <code>{me.id}</code>
          </dd>
        </div>
        {me.roles.length > 0 && (
          <div>
            <dt>{me.roles.length === 1 ? 'Role' : 'Roles'}</dt>
            <dd>{me.roles.map((role) => ROLES[role] ?? role).join(', ')}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

const ROLES: Readonly<Record<string, string>> = { 'byok-admin': 'Administrator' };
