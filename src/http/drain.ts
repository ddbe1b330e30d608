// A stop finishes the requests that have arrived, and cuts off whoever has not finished asking by then: slow or silent
// sockets would hold it up for as long as their time-outs.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { createPeriodic } from '../shared/periodic.ts';

const LOOK_MS = 50;

export function installDrain(app: FastifyInstance): void {
  const inFlight = new Set<ServerResponse>();
  // One function for all: this is done for every request.
  function forget(this: ServerResponse): void {
    inFlight.delete(this);
  }

  const look = (): void => {
    if ([...inFlight].some(({ req }) => req.complete)) return;
    void looking.stop();
    app.server.closeAllConnections();
  };
  const looking = createPeriodic({ run: look, rhythm: { everyMs: LOOK_MS } });

  app.server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    inFlight.add(response);
    response.on('close', forget);
  });
  app.addHook('preClose', (done) => {
    // The connection ends with the answer, instead of waiting for another request.
    for (const response of inFlight) if (!response.headersSent) response.setHeader('connection', 'close');
    looking.start();
    done();
  });
}
