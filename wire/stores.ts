// Records every store of a checkout. All variants at once: they wait more than they work.
import { recordKeycloak } from './keycloak/record-keycloak.ts';
import { recordEmbedded } from './record-embedded.ts';
import type { Entry, Recording } from './recording.ts';
import type { Servers } from './servers.ts';
import type { RecordStore } from './variant.ts';

const STORES = { embedded: recordEmbedded, keycloak: recordKeycloak } as const satisfies Record<string, RecordStore>;

export type StoreName = keyof typeof STORES;
export const STORE_NAMES = Object.keys(STORES) as StoreName[];

export async function record(
  { root, name }: { root: string; name: string },
  stores: readonly StoreName[],
  servers: Servers,
  report: (line: string) => void,
): Promise<Recording> {
  let count = 0;
  const progress = setInterval(() => report(`${name}: ${count} requests`), 10_000);
  try {
    const variants = stores.flatMap((store) => STORES[store](root, servers));
    const recorded = await Promise.all(
      variants.map(async (recordVariant) => {
        const entries: Entry[] = [];
        await recordVariant((entry) => {
          entries.push(entry);
          count += 1;
        });
        return entries;
      }),
    );
    report(`${name}: ${count} requests, all of them`);
    return { commit: name, entries: recorded.flat() };
  } finally {
    clearInterval(progress);
  }
}
