// Opens telemetry, and everything else that `main.ts` imports, and prints which packages of OpenTelemetry were loaded.
import { registerHooks } from 'node:module';

const loaded = new Set<string>();
registerHooks({
  load(url, context, next) {
    const [, name] = /\/node_modules\/(@opentelemetry\/[^/]+)\/(?!.*\/node_modules\/)/.exec(url) ?? [];
    if (name !== undefined) loaded.add(name);
    return next(url, context);
  },
});
await import('../../../src/app/compose-service.ts');
await import('../../../src/app/core.ts');
const { openTelemetry } = await import('../../../src/telemetry/compose-telemetry.ts');
const telemetry = await openTelemetry(
  { otlpEndpoint: process.argv[2], keycloak: undefined },
  { warn: () => undefined },
);
process.stdout.write(`${JSON.stringify([...loaded].sort())}\n`);
await telemetry.close();
