// A projection of keys in memory, for tests of what stands on top of one.
import type { AdoptionSnapshot, KeyProjection, ProjectedKey } from '../../../src/adoption/key-projection.ts';

export function createMemoryKeyProjection() {
  const users = new Map<string, readonly ProjectedKey[]>();
  const snapshots = new Map<string, AdoptionSnapshot>();
  const projection: KeyProjection = {
    async replace(userId, keys) {
      if (keys.length === 0) users.delete(userId);
      else users.set(userId, keys);
    },
    keysOf: async (ids) => new Map([...users].filter(([id]) => ids.includes(id))),
    async *userIds() {
      yield* [...users.keys()];
    },
    async count() {
      const keys: Record<string, number> = {};
      for (const { provider } of [...users.values()].flat()) keys[provider] = (keys[provider] ?? 0) + 1;
      return { usersWithKeys: users.size, keys, tests: {} };
    },
    async saveSnapshot(snapshot, { overwrite = false } = {}) {
      if (snapshots.has(snapshot.day) && !overwrite) return false;
      snapshots.set(snapshot.day, snapshot);
      return true;
    },
    history: async (days) => [...snapshots.values()].slice(-days),
  };
  return { ...projection, users, snapshots };
}
