import { Page } from '../components/page.tsx';

export function AdminPage({ path }: { path: string }) {
  return (
    <Page title="Admin">
      <p>{path}</p>
    </Page>
  );
}
