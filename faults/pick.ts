// One of several, at random.

export function pick<T>(items: readonly T[]): T {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new TypeError('nothing to pick from');
  return item;
}
