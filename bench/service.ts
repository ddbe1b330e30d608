// The service as in production, with its hooks, logging to a file; in a process of its own for the benchmark to call.
// Environment as for the service; prints one line of JSON when ready, and takes commands as lines on standard input.
import { mkdirSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fastify } from 'fastify';
import { composeService } from '../src/app/compose-service.ts';
import { openCore } from '../src/app/core.ts';
import { composeAudit } from '../src/audit/compose-audit.ts';
import { parseConfig } from '../src/config/config.ts';
import { createTelemetry } from '../src/telemetry/compose-telemetry.ts';
import { createLogDestination } from '../src/telemetry/log-destination.ts';
import { createPinoLogger } from '../src/telemetry/pino-logger.ts';

const config = parseConfig(process.env);
mkdirSync(config.dataDir, { recursive: true });
const logger = createPinoLogger('info', createLogDestination(openSync(`${config.dataDir}/log`, 'a')));
let calls = 0;
const core = await openCore(config, {
  onKeycloakCall: () => {
    calls += 1;
  },
});
// What everything costs but the rows of the audit log, to be compared with.
const telemetry = createTelemetry();
const audit =
  process.env.BENCH_AUDIT === 'off'
    ? { ...composeAudit(config, core, logger, telemetry.metrics), log: { append: async () => undefined } }
    : undefined;
const service = await composeService(config, core, logger, telemetry, audit);
await service.readiness.start();
const url = await service.app.listen({ host: '127.0.0.1', port: 0 });
const internalUrl = await service.internalApp?.listen({ host: '127.0.0.1', port: 0 });

// The other side of the comparison: Fastify and nothing else, answering the bytes that it is given.
let body = '[]';
const bare = fastify();
bare.get('/keys', (_request, reply) => {
  reply.type('application/json; charset=utf-8').send(body);
});
const bareUrl = await bare.listen({ host: '127.0.0.1', port: 0 });
const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
say({ url, internalUrl, bareUrl });

for await (const line of createInterface({ input: process.stdin })) {
  const { command, value } = JSON.parse(line) as { command: 'body' | 'forget' | 'calls' | 'stop'; value?: string };
  if (command === 'body') body = value ?? '[]';
  if (command === 'forget') service.cache.invalidate(value ?? '');
  if (command === 'stop') break;
  say({ calls });
  if (command === 'calls') calls = 0;
}
await service.close();
await bare.close();
await core.close();
