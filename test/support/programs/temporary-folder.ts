// A folder of a test's own, gone when the test is over.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** For use inside a test or a `beforeEach`: the folder is removed when the test is over. */
export function temporaryFolder(): string {
  const { path, remove } = ownedFolder();
  onTestFinished(remove);
  return path;
}

/** For `beforeAll`: the caller removes the folder. */
export function ownedFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'byok-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
