// For those who would rather type: the reference, and a command that works.
import { useEffect, useState } from 'preact/hooks';
import { PREFIX, useStore } from '../store.ts';

const SHOWN_MS = 4_000;

export function Terminal({ email }: { email: string | null }) {
  const { root } = useStore();
  const isDemo = document.getElementById('app')?.dataset.demo === 'true';
  const commands = isDemo ? demoCommands(root, email) : `curl -H "Authorization: Bearer $TOKEN" ${root}${PREFIX}/keys`;
  return (
    <section aria-labelledby="account-terminal">
      <div class="section-head">
        <h2 id="account-terminal">From a terminal</h2>
        <a href={`${root}/docs`}>API reference</a>
      </div>
      <div class="card terminal">
        <div class="terminal-head">
          <p class="soft">
            {isDemo ? (
              'Sign in, then list your keys:'
            ) : (
              <>
                With an access token of your realm in <code>TOKEN</code>:
              </>
            )}
          </p>
          <Copy text={commands} />
        </div>
        <pre>
          <code>{commands}</code>
        </pre>
      </div>
    </section>
  );
}

const demoCommands = (root: string, email: string | null): string =>
  `curl -c cookies.txt -H 'Content-Type: application/json' \\
  -d '{"email": "${email ?? 'starter@example.com'}"}' \\
  ${root}/auth/demo

curl -b cookies.txt ${root}${PREFIX}/keys`;

function Copy({ text }: { text: string }) {
  const { announce } = useStore();
  const [said, setSaid] = useState<string>();
  useEffect(() => {
    const timer = setTimeout(() => setSaid(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  // Browsers offer it on trustworthy addresses only.
  if (navigator.clipboard === undefined) return null;
  const copy = async (): Promise<void> => {
    const words = await navigator.clipboard.writeText(text).then(
      () => 'Copied',
      () => 'Not allowed',
    );
    setSaid(words);
    announce(words);
  };
  return (
    <button type="button" class="plain" onClick={() => void copy()}>
      {said ?? 'Copy'}
      <span class="visually-hidden"> the commands</span>
    </button>
  );
}
