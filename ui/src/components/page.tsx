// The frame of every page: its heading takes the focus when the page changes, as a new document would.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface PageProps {
  title: string;
  lead?: ComponentChildren;
  /** Beside the heading. */
  aside?: ComponentChildren;
  children: ComponentChildren;
}

let isFirst = true;

export function Page({ title, lead, aside, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Ops Center keys`;
    if (!isFirst) {
      heading.current?.focus();
      scrollTo(0, 0);
    }
    isFirst = false;
  }, [title]);
  return (
    <main id="content" class="page">
      <div class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead !== undefined && <p class="lead">{lead}</p>}
        </div>
        {aside}
      </div>
      {children}
    </main>
  );
}
