// A stop loses no request: what has arrived is answered, over connections that end with their answer. Cut off is only who
// has not finished asking by then: slow or silent sockets would hold it up for as long as their time-outs.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { ByokError } from '../shared/errors.ts';
import { createPeriodic } from '../shared/periodic.ts';

const LOOK_MS = 50;
/** How long a request may be under way over a connection that was open when the listener closed. */
const UNDER_WAY_MS = 250;
const QUIET_MS = 3;

declare module 'fastify' {
  interface FastifyInstance {
    /** From now on each connection ends with its next answer, so that clients come back elsewhere. Idempotent. */
    endConnections(): void;
  }
}

export function installDrain(app: FastifyInstance): void {
  const inFlight = new Set<ServerResponse>();
  const ending = new WeakSet<Socket>();
  /** Behind the last answer of their connection: nobody would hear what became of them. */
  const unheard = new WeakSet<IncomingMessage>();
  let begun = false;
  /** Until the listener has closed. */
  let closing: Promise<void> | undefined;
  // One function for all: this is done for every request.
  function forget(this: ServerResponse): void {
    inFlight.delete(this);
  }
  const endWith = (response: ServerResponse): void => {
    if (response.headersSent) return;
    response.setHeader('connection', 'close');
    ending.add(response.req.socket);
  };
  app.decorate('endConnections', () => {
    if (begun) return;
    begun = true;
    for (const response of inFlight) endWith(response);
  });

  // Before the handler, which may answer at once.
  app.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    inFlight.add(response);
    response.on('close', forget);
    if (!begun) return;
    if (ending.has(request.socket)) unheard.add(request);
    else endWith(response);
  });
  app.addHook('onRequest', (request, _reply, done) => {
    const go = (): void => done(unheard.has(request.raw) ? new ByokError('not_ready') : undefined);
    if (closing === undefined) go();
    else void closing.then(go);
  });
  const looking = watchConnections(app, inFlight);
  app.addHook('preClose', async () => {
    app.endConnections();
    // Nobody is answered meanwhile: who is would come back at once, over another connection.
    const { promise, resolve } = Promise.withResolvers<void>();
    closing = promise;
    await acceptWaiting(app);
    looking.start();
    setImmediate(resolve);
  });
}

/**
 * A connection that waits in the kernel is reset with the listener, and Node accepts one in each turn of the event loop.
 * Resolves when none has come for a moment.
 */
async function acceptWaiting({ server }: FastifyInstance): Promise<void> {
  const began = performance.now();
  let last = began;
  const note = (): void => {
    last = performance.now();
  };
  server.on('connection', note);
  for (let turn = began; server.listening && turn - began < UNDER_WAY_MS; ) {
    await nextTurn();
    const now = performance.now();
    // Who came during a long turn is accepted in the next one.
    if (now - turn < QUIET_MS && now - last > QUIET_MS) break;
    turn = now;
  }
  server.off('connection', note);
}

/** After the listener has closed: idle connections end, and once the last request is answered all of them. */
function watchConnections({ server }: FastifyInstance, inFlight: ReadonlySet<ServerResponse>) {
  const closeIdle = server.closeIdleConnections.bind(server);
  let since = 0;
  const look = (): void => {
    if (performance.now() - since < UNDER_WAY_MS) return;
    closeIdle();
    if ([...inFlight].some(({ req }) => req.complete)) return;
    void looking.stop();
    server.closeAllConnections();
  };
  const looking = createPeriodic({ run: look, rhythm: { everyMs: LOOK_MS } });
  return {
    start(): void {
      since = performance.now();
      // Node ends idle connections with the listener: a request that is on its way over one would be lost.
      server.closeIdleConnections = () => undefined;
      looking.start();
    },
  };
}
