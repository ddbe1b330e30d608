// The page: the bar on top, and whichever page the path names.
import { render } from 'preact';
import { AccountPage } from './account/account-page.tsx';
import { ActivityPage } from './activity/activity-page.tsx';
import { Announcer } from './components/announcer.tsx';
import { Page } from './components/page.tsx';
import { SessionEnded } from './components/session-ended.tsx';
import { KeysView } from './keys/keys-view.tsx';
import { lazy } from './lazy.tsx';
import { useResource } from './resource.ts';
import { Link, usePath } from './router.tsx';
import { createStore, type Me, StoreProvider, useStore } from './store.ts';
import './styles.css';

const ADMIN_ROLE = 'byok-admin';

// Most people never see these pages, so their code comes when they do.
const AdminPage = lazy(() => import('./admin/admin-page.tsx').then((module) => module.AdminPage));

/** One entry a page, in the order of the bar. */
const PAGES = [
  { path: '/', name: 'Keys', show: () => <KeysPage /> },
  { path: '/activity', name: 'Activity', show: () => <ActivityPage /> },
  { path: '/account', name: 'Account', show: () => <AccountPage /> },
  { path: '/admin', name: 'Admin', role: ADMIN_ROLE, show: (path: string) => <AdminPage path={path} /> },
] as const satisfies readonly PageEntry[];

interface PageEntry {
  readonly path: string;
  readonly name: string;
  /** Shown to people with this role only; the service refuses the others anyway. */
  readonly role?: string;
  readonly show: (path: string) => preact.JSX.Element;
}

function KeysPage() {
  return (
    <Page
      title="Keys"
      lead="Your API keys, encrypted. The platform’s services use them on your behalf; no person sees them again."
    >
      <KeysView />
    </Page>
  );
}

function App() {
  const { base, me: resource } = useStore();
  const path = usePath(base);
  const { data: me } = useResource(resource);
  const pages: readonly PageEntry[] = PAGES;
  const allowed = pages.filter(({ role }) => role === undefined || me?.roles.includes(role));
  const page = pages.findLast((one) => (one.path === '/' ? path === '/' : path.startsWith(one.path)));
  return (
    <>
      <a class="skip button" href="#content">
        Skip to content
      </a>
      <header class="bar">
        <div class="bar-inner">
          <Link to="/" path="" class="brand">
            <Mark />
            <span>
              Ops Center <span class="soft">keys</span>
            </span>
          </Link>
          <nav aria-label="Pages">
            <ul>
              {allowed.map(({ path: to, name }) => (
                <li key={to}>
                  <Link to={to} path={to === '/admin' && path.startsWith('/admin') ? '/admin' : path}>
                    {name}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          {me !== undefined && <Person me={me} path={path} />}
        </div>
      </header>
      {page?.show(path) ?? <NotFound />}
      <Announcer />
      <SessionEnded />
    </>
  );
}

function Person({ me, path }: { me: Me; path: string }) {
  const name = me.name ?? me.email ?? 'You';
  return (
    <Link to="/account" path={path === '/account' ? '' : path} class="me">
      <span class="avatar" data-tier={me.tier} aria-hidden="true">
        {name.charAt(0).toUpperCase()}
      </span>
      <span>
        <strong>{name}</strong>
        <small>{me.tier.replaceAll('_', ' ')}</small>
      </span>
    </Link>
  );
}

function NotFound() {
  const { root } = useStore();
  return (
    <Page title="Nothing here" lead="There is no page at this address.">
      <a class="button" href={`${root}/`}>
        Go to your keys
      </a>
    </Page>
  );
}

/** The mark of the pages, as on the sign-in page. Decoration. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 40 40" aria-hidden="true" focusable="false">
      <rect width="40" height="40" rx="11" />
      <g fill="none" stroke-width="2.8" stroke-linecap="round" stroke-linejoin="round">
        <circle cx="15" cy="20" r="5.6" />
        <path d="M20.6 20H31M27 20v4.6M31 20v3" />
      </g>
    </svg>
  );
}

const root = document.getElementById('app');
if (root !== null) {
  const base = root.dataset.base ?? '';
  const store = createStore({ base, root: `${location.origin}${base}` });
  root.replaceChildren();
  render(
    <StoreProvider value={store}>
      <App />
    </StoreProvider>,
    root,
  );
}
