// `/metrics`, for Prometheus. On a port that only the inside reaches it is open; elsewhere it wants a token.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ByokError } from '../shared/errors.ts';
import { type LiveText, textOf } from '../shared/live-text.ts';

export interface MetricsRoutesOptions {
  /** All series, in the format that `contentType` names. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** What `Authorization: Bearer` has to bring. Undefined: anyone who reaches the port may look. */
  readonly token: LiveText | undefined;
}

export async function metricsRoutes(app: FastifyInstance, { metrics, token }: MetricsRoutesOptions): Promise<void> {
  if (token !== undefined) app.addHook('onRequest', createTokenCheck(token));
  app.get(
    '/metrics',
    {
      // A token is not sent in the open. Where none is asked for, numbers are all that goes over the wire.
      config: { quiet: true, plainHttp: token === undefined },
      schema: {
        tags: ['health'],
        summary: 'Numbers for Prometheus',
        description:
          'In the text format of Prometheus. On the public port only with `METRICS_TOKEN`, sent as a bearer.',
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
}

function createTokenCheck(token: LiveText): (request: FastifyRequest) => Promise<void> {
  return async ({ headers: { authorization = '' } }) => {
    const given = /^bearer +(\S+)$/i.exec(authorization.trim())?.[1];
    if (given === undefined || !timingSafeEqual(digest(given), digest(textOf(token))))
      throw new ByokError('not_authenticated');
  };
}

/** Digests are of one length, which the comparison needs, and tell nothing about the token's own. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
