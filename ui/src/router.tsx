// Which page is shown: the path in the address bar, below BASE_PATH.
import type { ComponentChildren } from 'preact';
import { useEffect, useReducer } from 'preact/hooks';
import { useStore } from './store.ts';

const CHANGED = 'byok:address';

/** The page's address, kept up to date. */
export function useAddress(): Location {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const listener = (): void => redraw(undefined);
    addEventListener('popstate', listener);
    addEventListener(CHANGED, listener);
    return () => {
      removeEventListener('popstate', listener);
      removeEventListener(CHANGED, listener);
    };
  }, []);
  return location;
}

/**
 * @param path of this site, query included.
 * @param how `push`: a step that can be gone back. `replace`: the same place, in other words.
 */
export function go(path: string, how: 'push' | 'replace'): void {
  // Two slashes at the beginning would be a host.
  const address = `${location.origin}${path}`;
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  dispatchEvent(new Event(CHANGED));
}

export function usePath(base: string): string {
  const { pathname } = useAddress();
  return pathname.startsWith(base) ? pathname.slice(base.length) || '/' : '/';
}

interface LinkProps {
  /** A path of the page, such as `/activity`. */
  to: string;
  /** The page that is shown. */
  path: string;
  class?: string;
  children: ComponentChildren;
}

/** A link like any other: with a modifier key it opens a tab. */
export function Link({ to, path, class: className, children }: LinkProps) {
  const { base, root } = useStore();
  const isCurrent = to === '/' || to === '/admin' ? path === to : path.startsWith(to);
  return (
    <a
      href={`${root}${to}`}
      class={className}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
        event.preventDefault();
        go(`${base}${to}`, isCurrent && path === to ? 'replace' : 'push');
      }}
    >
      {children}
    </a>
  );
}
