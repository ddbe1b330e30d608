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

type Parse = (
  text: string,
  reviver: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
) => unknown;
// Node knows the third argument; TypeScript does not yet.
const parse: Parse = JSON.parse;

/** In the bodies of this scope's routes the numbers of that field are strings, as they were written: no digit is lost. */
export function keepNumbers(app: FastifyInstance, field: string): void {
  const check = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body);
    const kept = (key: string, value: unknown, context?: { readonly source?: string }): unknown =>
      key === field && typeof value === 'number' ? context?.source : value;
    if (text === '') done(null, undefined);
    else void check(request, text, (error) => (error ? done(error, undefined) : done(null, parse(text, kept))));
  });
}
