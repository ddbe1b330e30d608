import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { startScript } from './support/child-process.ts';
import { startOtlpCollector } from './support/otlp-collector.ts';
import { demoClient, startService } from './support/running-service.ts';

const CHILD = new URL('./support/telemetry-child.ts', import.meta.url);

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
