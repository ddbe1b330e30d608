// Bodies are JSON. A call without a body passes with any content type or none, as old clients send them.
import type { FastifyInstance } from 'fastify';
import { ByokError } from '../shared/errors.ts';

export function installBodyParsers(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body as string, done);
  });
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else done(new ByokError('unsupported_media_type'), undefined);
  });
}
