// The administrators' pages. The service refuses everybody else; they are told so before anything is asked for.
import { Notice, ResourceState } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { useResource } from '../resource.ts';
import { Link } from '../router.tsx';
import { useStore } from '../store.ts';
import './admin.css';
import { AuditView } from './audit/audit-view.tsx';
import { OverviewView } from './overview/overview-view.tsx';
import { PeopleView } from './people/people-view.tsx';

const ADMIN_ROLE = 'byok-admin';

const VIEWS = [
  { path: '/admin', name: 'Overview' },
  { path: '/admin/people', name: 'People' },
  { path: '/admin/audit', name: 'Audit log' },
] as const;

export function AdminPage({ path }: { path: string }) {
  const store = useStore();
  const me = useResource(store.me);
  if (me.data === undefined)
    return (
      <Page title="Admin">
        <ResourceState of={store.me} state={me} what="your account" />
      </Page>
    );
  if (!me.data.roles.includes(ADMIN_ROLE)) return <NotAllowed />;
  const nav = <AdminNav path={path} />;
  if (path.startsWith('/admin/people')) return <PeopleView nav={nav} />;
  if (path.startsWith('/admin/audit')) return <AuditView nav={nav} />;
  return <OverviewView nav={nav} />;
}

function AdminNav({ path }: { path: string }) {
  return (
    <nav aria-label="Admin">
      <ul class="subnav">
        {VIEWS.map(({ path: to, name }) => (
          <li key={to}>
            <Link to={to} path={path}>
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function NotAllowed() {
  return (
    <Page title="Admin">
      <Notice tone="info" title="Only administrators may see this">
        Your account does not have the role <code>{ADMIN_ROLE}</code>. If you need it, ask an administrator of this
        platform, then sign out and in again.
      </Notice>
      <Link to="/" path="/admin" class="button">
        Go to your keys
      </Link>
    </Page>
  );
}
