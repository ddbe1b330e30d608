import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { startScript } from '../support/programs/child-process.ts';
import { startOtlpCollector } from '../support/programs/otlp-collector.ts';
import { freePort } from '../support/servers/server-process.ts';
import { API } from '../support/service/api-client.ts';
import { demoClient, startService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';

const CHILD = new URL('../support/service/telemetry-child.ts', import.meta.url);

// At the same time: they mostly wait.
describe.concurrent('traces', () => {
  // prom-client asks its interface, which does nothing by itself, for trace ids.
  it('load nothing of OpenTelemetry’s SDK where no collector is configured', async () => {
    const child = startScript(CHILD);
    expect(JSON.parse(await child.nextLine())).toEqual(['@opentelemetry/api']);
    await child.kill();
  });

  it('load it where one is', async () => {
    const child = startScript(CHILD, 'http://127.0.0.1:4318');
    expect(JSON.parse(await child.nextLine())).toContain('@opentelemetry/sdk-trace');
    await child.kill();
  });

  it('are sent at a stop, those of the embedded database too', async () => {
    const collector = await startOtlpCollector();
    const service = await startService({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/` });
    await demoClient(service);
    await service.stop();
    const names = collector.spans().map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['POST /auth/demo', 'SELECT embedded_users']));
    await collector.close();
  });

  it('go on from the traceparent of a service on the internal port, and of nobody else', async () => {
    const collector = await startOtlpCollector();
    const service = await startService({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      INTERNAL_PORT: String(await freePort()),
    });
    const [traceId, parentId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    const bearer = `Bearer ${await newServiceTokenFor(service)}`;
    const path = `${API}/internal/users/starter%40example.com/tier`;
    const ask = async (traceparent: string, client = service.internalClient({ authorization: bearer, traceparent })) =>
      (await client.get(path)).headers['x-request-id'];
    const taken = [
      await ask(`00-${traceId}-${parentId}-01`),
      // The caller keeps nothing of its trace; this service does.
      await ask(`00-${traceId}-${parentId}-00`),
      await ask(`cc-${traceId}-${parentId}-01-what-the-future-brings`),
    ];
    const ignored = [
      await ask(`00-${traceId}-${parentId}-01`, service.client({ traceparent: `00-${traceId}-${parentId}-01` })),
      await ask(`00-${traceId}-${parentId}-01-more`),
      await ask(`ff-${traceId}-${parentId}-01`),
      await ask(`00-${traceId.toUpperCase()}-${parentId}-01`),
      await ask(`00-${'0'.repeat(32)}-${parentId}-01`),
      await ask(`00-${traceId}-${'0'.repeat(16)}-01`),
      await ask('nonsense'),
    ];
    await service.stop();
    const spans = collector.spans();
    await collector.close();
    const rootOf = (id: unknown) => spans.find(({ attributes }) => attributes['byok.request_id'] === id);
    const loggedOf = (id: unknown): unknown =>
      service.logs.map((line) => JSON.parse(line)).find(({ reqId, msg }) => reqId === id && msg === 'request')
        ?.trace_id;

    for (const id of taken) {
      const root = rootOf(id);
      expect(root).toMatchObject({ traceId, parentSpanId: parentId });
      expect(spans.some(({ parentSpanId }) => parentSpanId === root?.spanId)).toBe(true);
      expect(loggedOf(id)).toBe(traceId);
    }
    for (const id of ignored) {
      expect(rootOf(id)).toMatchObject({ traceId: expect.not.stringContaining(traceId), parentSpanId: undefined });
      expect(loggedOf(id)).toBe(rootOf(id)?.traceId);
    }
  });

  it('say once in the log that nobody takes them, and hold up neither requests nor the stop', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    silent.close();
    const service = await startService({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
    await demoClient(service);
    const complaints = () => service.logs.filter((line) => line.includes('traces do not reach'));
    await vi.waitFor(() => expect(complaints()).toHaveLength(1), 20_000);
    await demoClient(service);
    await service.stop();
    expect(complaints()).toHaveLength(1);
  });
});
