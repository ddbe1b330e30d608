// The audit log page by page. Whoever turns a page goes on at its heading.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { answerOf } from '../../api/client.ts';
import { type Asked, useAsked } from '../../asked.ts';
import { PREFIX, useStore } from '../../store.ts';
import { setQuery } from '../query.ts';
import { FILTERS, type toApiQuery } from './audit-filter.ts';
import { AUDIT, type AuditPage } from './audit-log.ts';

const PAGE_SIZE = 25;

interface AuditPages extends Asked<AuditPage> {
  /** The way from the newest page to the one that is shown. */
  readonly cursors: readonly string[];
  turnTo(cursors: readonly string[]): void;
  /** Shows the page that begins with a row, without a filter. */
  showRow(seq: number): void;
}

export function useAuditPages(
  filter: ReturnType<typeof toApiQuery>,
  heading: RefObject<HTMLHeadingElement | null>,
): AuditPages {
  const { api } = useStore();
  const asked = JSON.stringify(filter);
  // Another filter starts from the first page.
  const [way, setWay] = useState<{ readonly asked: string; readonly cursors: readonly string[] }>({
    asked,
    cursors: [],
  });
  const cursors = way.asked === asked ? way.cursors : [];
  const cursor = cursors.at(-1);
  const page = useAsked<AuditPage>({
    question: `${asked} ${cursor ?? ''}`,
    topics: [AUDIT],
    load: (signal) => {
      const params = { query: { ...filter, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) } };
      // Without a format it is never a file.
      return answerOf(api.GET(`${PREFIX}/admin/audit`, { params, signal })) as Promise<AuditPage>;
    },
  });
  const turned = useRef(false);
  useEffect(() => {
    if (turned.current) heading.current?.focus();
    turned.current = false;
  }, [cursor]);
  return {
    ...page,
    cursors,
    turnTo(next) {
      turned.current = true;
      setWay({ asked, cursors: next });
    },
    showRow(seq) {
      setQuery(Object.fromEntries(FILTERS.map((name) => [name, undefined])));
      turned.current = true;
      // Cursors are numbers of rows in base 36.
      setWay({ asked: '{}', cursors: [(seq + 1).toString(36)] });
    },
  };
}
