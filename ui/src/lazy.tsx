// A component whose code is loaded when it is first shown.
import type { ComponentType } from 'preact';
import { useEffect, useReducer } from 'preact/hooks';
import { Notice, Spinner } from './components/notice.tsx';

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let Loaded: ComponentType<P> | undefined;
  let failed = false;
  const start = async (): Promise<void> => {
    failed = false;
    try {
      Loaded = await load();
    } catch {
      failed = true;
    }
  };
  return function Lazy(props: P) {
    const [, redraw] = useReducer((count: number) => count + 1, 0);
    const attempt = (): void => {
      void start().then(() => redraw(undefined));
    };
    useEffect(() => {
      if (Loaded === undefined) attempt();
    }, []);
    useEffect(() => {
      if (!failed || Loaded !== undefined) return undefined;
      const timer = setTimeout(attempt, 3_000);
      return () => clearTimeout(timer);
    });
    if (Loaded !== undefined) return <Loaded {...props} />;
    return (
      <main id="content" class="page" aria-live="polite">
        {failed ? (
          <Notice tone="warn" title="This page cannot be loaded right now">
            The service cannot be reached. Trying again …
          </Notice>
        ) : (
          <p class="waiting">
            <Spinner /> Loading …
          </p>
        )}
      </main>
    );
  };
}
