// Starts the service. Signals first: loading the rest takes seconds, and nothing that comes in them may end it half-way.
import { holdSignals } from './app/start-signals.ts';

const signals = holdSignals();
const { startService } = await import('./app/start-service.ts');
await startService(signals);
