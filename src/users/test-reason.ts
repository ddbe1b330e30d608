// What the attribute `test_reason` holds: the reason of the last test and, where that test could not say whether the key
// works, what the last test that could had said. In one attribute, so that no realm has to declare another.

/** A test that said something about the key, before others that could not. */
export interface EarlierTest {
  readonly status: 'valid' | 'invalid';
  readonly reason: string | undefined;
  /** RFC 3339 in UTC; undefined where that was not recorded. */
  readonly at: string | undefined;
}

interface TestReason {
  readonly testReason: string | undefined;
  readonly earlierTest?: EarlierTest | undefined;
}

const NONE = '-';
const WITH_EARLIER = /^(\w+); before: (valid|invalid) (\w+|-) (\d{4}-\d\d-\d\dT[\d:.]+Z|-)$/;

export function readTestReason(text: string | undefined): TestReason {
  const [, reason, status, earlierReason, at] = WITH_EARLIER.exec(text ?? '') ?? [];
  if (status !== 'valid' && status !== 'invalid') return { testReason: text };
  return { testReason: reason, earlierTest: { status, reason: known(earlierReason), at: known(at) } };
}

export function writeTestReason({ testReason, earlierTest }: TestReason): string | undefined {
  if (earlierTest === undefined || testReason === undefined) return testReason;
  const { status, reason = NONE, at = NONE } = earlierTest;
  return `${testReason}; before: ${status} ${reason} ${at}`;
}

const known = (word: string | undefined): string | undefined => (word === NONE ? undefined : word);

interface Tested {
  readonly lastTested: string | undefined;
  readonly testStatus: string | undefined;
  readonly testReason: string | undefined;
  readonly earlierTest?: EarlierTest | undefined;
}

/** What stays beside a new result: the last that said something. A new one that says something stands alone. */
export function earlierBeside(newStatus: string, before: Tested): EarlierTest | undefined {
  if (says(newStatus)) return undefined;
  const { testStatus, testReason, lastTested } = before;
  return says(testStatus) ? { status: testStatus, reason: testReason, at: lastTested } : before.earlierTest;
}

const says = (status: string | undefined): status is EarlierTest['status'] =>
  status === 'valid' || status === 'invalid';
