// A cached `GET /keys` against a bare Fastify route that answers the same bytes.
import autocannon from 'autocannon';
import { awake, interleave } from './measure.ts';
import { addKeys, fetchOk, signInDemo } from './requests.ts';
import { atLeast, type Result, result } from './result.ts';
import { startServiceProcess } from './service-process.ts';

const ROUNDS = 7;
const SECONDS = 3;
const CONNECTIONS = 16;

export async function benchCachedList(): Promise<Result[]> {
  const service = await startServiceProcess({});
  try {
    const cookie = await signInDemo(service.url);
    await addKeys(service.url, { cookie });
    const list = `${service.url}/api/v1/byok/keys`;
    await service.setBareBody(await (await fetchOk(list, { headers: { cookie } })).text());
    const throughput = async (url: string): Promise<number> => {
      const { requests, non2xx, errors } = await awake(() =>
        autocannon({ url, connections: CONNECTIONS, duration: SECONDS, headers: { cookie } }),
      );
      if (non2xx + errors > 0) throw new Error(`${non2xx + errors} requests failed`);
      return requests.average;
    };
    const { ours, bare } = await interleave(ROUNDS, {
      ours: () => throughput(list),
      bare: () => throughput(`${service.bareUrl}/keys`),
    });
    const figures = `${Math.round(ours)} to ${Math.round(bare)} requests/s`;
    return [result('Cached GET /keys to a bare route with the same bytes', ours / bare, '×', atLeast(0.5), figures)];
  } finally {
    await service.stop();
  }
}
