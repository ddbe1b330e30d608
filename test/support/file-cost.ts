// Notes what each test file costs in processor time, for `npm test -- --slowest`. A worker runs one file at a time.
import { afterAll, beforeEach, type TestContext } from 'vitest';
import { processorMs } from './servers/processor-time.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Of the worker, and of the programs that the file has started and that have ended. */
    cpuMs?: number;
  }
}

const before = processorMs();
let file: TestContext['task']['file'] | undefined;
beforeEach(({ task }) => {
  file = task.file;
});
// The first hook to be set is the last to run: what the file tears down itself is counted.
afterAll(() => {
  if (file) file.meta.cpuMs = processorMs() - before;
});
