// Checks the chain of the audit log: has anybody changed, moved or removed a row?
import { useEffect, useState } from 'preact/hooks';
import { type Answer, answerOf } from '../../api/client.ts';
import { Spinner } from '../../components/notice.tsx';
import { ProblemLine } from '../../components/problem-line.tsx';
import { useWrite } from '../../components/use-write.ts';
import { PREFIX, useStore } from '../../store.ts';
import { count, many } from '../numbers.ts';
import { AUDIT } from './audit-log.ts';
import { FLAWS, plainWord } from './audit-words.ts';

type Verdict = Answer<'/api/v1/byok/admin/audit/verify', 'post'>;

/** Every row is read: that may take a while. */
const LIMIT_MS = 300_000;

export function AuditVerify({ onShow }: { onShow: (seq: number) => void }) {
  const { api, session, announce } = useStore();
  const write = useWrite();
  const [verdict, setVerdict] = useState<Verdict>();
  const verify = (): Promise<boolean> =>
    write.run(async () => {
      setVerdict(undefined);
      announce('Verifying the chain');
      const signal = AbortSignal.timeout(LIMIT_MS);
      setVerdict(await answerOf(api.POST(`${PREFIX}/admin/audit/verify`, { body: {}, signal })));
      session.changed(AUDIT);
    });
  return (
    <section class="card verify" aria-labelledby="chain">
      <div>
        <h2 id="chain">Is the log as it was written?</h2>
        <p class="soft">
          Every row is sealed together with the row before it. Verifying reads all of them and finds what was changed,
          moved or removed since.
        </p>
      </div>
      <button type="button" class="button" disabled={write.busy} onClick={() => void verify()}>
        {write.busy ? 'Verifying …' : 'Verify the chain'}
      </button>
      <div class="outcome" aria-live="polite">
        {write.busy ? (
          <p class="result">
            <Spinner /> Reading every row … <Elapsed />
          </p>
        ) : write.problem !== undefined ? (
          <ProblemLine problem={write.problem} before="The chain was not verified." />
        ) : (
          verdict !== undefined && <Result verdict={verdict} onShow={onShow} />
        )}
      </div>
    </section>
  );
}

/** Hidden from screen readers: they would read out every second. */
function Elapsed() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return <span aria-hidden="true">{seconds > 0 && `${seconds} s`}</span>;
}

function Result({
  verdict: { rows, first_bad: bad, head },
  onShow,
}: {
  verdict: Verdict;
  onShow: (seq: number) => void;
}) {
  return (
    <div class="result" data-tone={bad === null ? 'good' : 'bad'}>
      <div>
        <strong>{bad === null ? 'The chain is intact' : 'The chain is broken'}</strong>
        <p>
          {many(rows, 'row')} checked.{' '}
          {bad === null
            ? 'Every one is as it was written, and in its place.'
            : `Row ${count(bad.seq)} ${FLAWS[bad.reason] ?? `is not as it was written (${plainWord(bad.reason)}).`} What comes after it cannot be trusted.`}
        </p>
        {head !== null && (
          <p class="head">
            Head: row {count(head.seq)} <code class="hash">{head.head}</code>
            <span class="second">
              Compare it with the last one that the service has logged or sent elsewhere: only that shows whether rows
              were cut off at the end.
            </span>
          </p>
        )}
        {bad !== null && (
          <button type="button" class="button quiet small" onClick={() => onShow(bad.seq)}>
            Show the log there
          </button>
        )}
      </div>
    </div>
  );
}
