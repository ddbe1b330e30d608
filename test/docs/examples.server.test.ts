// The curl examples of the documentation run as they stand, in order, and answer what the documentation says.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runProgram } from '../support/programs/run-program.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { type RunningService, startService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';
import { type Block, readDocument } from './markdown.ts';

const ADDRESS = 'http://localhost:8084';

/** curl as in the text, which then says on standard error what was answered. */
const PRELUDE = `set -euo pipefail
curl() { command "$CURL" --write-out '%{stderr}%{http_code} %{url_effective}\\n' "$@"; }
`;

let fakes: FakeProviders;
beforeAll(async () => {
  fakes = await startFakeProviders();
});
afterAll(() => fakes?.close());

describe.each(['README.md', 'docs/guide.md', 'docs/quick-reference.md'])('%s', (path) => {
  const blocks = readDocument(path).blocks.filter(
    ({ language, text }) => language === 'bash' && /^curl /m.test(text) && text.includes(ADDRESS),
  );
  const folder = ownedFolder();
  let service: RunningService;
  let serviceToken: string;
  beforeAll(async () => {
    service = await startService({ ...providerEnv(fakes), BYOK_OPENAI_SYSTEM_KEY: 'sk-0123456789abcdef' });
    serviceToken = await newServiceTokenFor(service);
  });
  afterAll(async () => {
    await service?.stop();
    folder.remove();
  });

  it('has examples', () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  it.each(blocks)('the example of line $line', async (block) => {
    const script = PRELUDE + block.text.replaceAll(ADDRESS, `http://localhost:${service.port}`);
    const { status, output, errors } = await runProgram('bash', ['-c', script], {
      folder: folder.path,
      env: { CURL: inject('curl'), SERVICE_TOKEN: serviceToken },
    });
    expect(status, errors).toBe(0);
    const answers = [...errors.matchAll(/^(\d{3}) http/gm)].map((match) => Number(match[1]));
    expect(answers.length).toBe(block.text.match(/^curl /gm)?.length);
    const wanted = Number(/^answers (\d{3})$/.exec(block.comment ?? '')?.[1] ?? 200);
    expect(answers, output).toEqual(answers.map(() => wanted));
    if (block.next?.language === 'json') expectAnswer(JSON.parse(output), block.next);
  });
});

/** The answer is the documented one, or begins so, but for what differs each time. */
function expectAnswer(answer: unknown, { text, comment }: Block): void {
  const documented: unknown = JSON.parse(text);
  const begins = comment === 'the answer begins so' && Array.isArray(answer) && Array.isArray(documented);
  expect(lasting(begins ? answer.slice(0, documented.length) : answer)).toEqual(lasting(documented));
}

function lasting(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => lasting(item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, lasting(inner, key)]));
  if (typeof value !== 'string') return value;
  if (['request_id', 'user_agent'].includes(name) || (name === 'id' && value.length >= 20)) return `a ${name}`;
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) ? 'a time' : value;
}
