import { test } from 'vitest';
test('hangs', () => new Promise(() => {}), 55_000);
