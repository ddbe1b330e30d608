// A stop finishes the requests that have arrived, and cuts off whoever has not finished asking by then: slow or silent
// sockets would hold it up for as long as their time-outs.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

const LOOK_MS = 50;

export function installDrain(app: FastifyInstance): void {
  const inFlight = new Map<IncomingMessage, ServerResponse>();

  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    inFlight.set(request, response);
    response.once('close', () => inFlight.delete(request));
  });
  app.addHook('preClose', (done) => {
    // The connection ends with the answer, instead of waiting for another request.
    for (const response of inFlight.values()) if (!response.headersSent) response.setHeader('connection', 'close');
    const looking = setInterval(() => {
      if ([...inFlight.keys()].some(({ complete }) => complete)) return;
      clearInterval(looking);
      app.server.closeAllConnections();
    }, LOOK_MS);
    done();
  });
}
