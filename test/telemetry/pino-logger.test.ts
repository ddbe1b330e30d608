import { randomBytes } from 'node:crypto';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { ByokError } from '../../src/shared/errors.ts';
import { createPinoLogger, serializeError } from '../../src/telemetry/pino-logger.ts';

function logging(level = 'debug') {
  const lines: string[] = [];
  const logger = createPinoLogger(level, { write: (line) => void lines.push(line) });
  return { logger, lines, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') };
}

describe('the logger', () => {
  it('writes one line of JSON with the level as a word and the time as a date, and nothing about the machine', () => {
    const { logger, lines, last } = logging();
    logger.info({ user: 'ada', status: 200 }, 'request');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      user: 'ada',
      status: 200,
      msg: 'request',
    });
  });

  it('leaves out what is below its level', () => {
    const { logger, lines } = logging('warn');
    logger.info('no');
    logger.warn('yes');
    expect(lines).toHaveLength(1);
    const silent = logging('silent');
    silent.logger.fatal('no');
    expect(silent.lines).toEqual([]);
  });

  const keys = [
    'sk-Canary0123456789abcdef',
    'sk-ant-api03-Canary0123456789',
    'hf_Canary0123456789abcdefghij',
    'pplx-Canary0123456789',
    'gsk_Canary0123456789',
    `7Canary1${randomBytes(24).toString('hex')}`,
  ];
  const places: Readonly<Record<string, (logger: ReturnType<typeof logging>['logger'], key: string) => void>> = {
    'the message': (logger, key) => logger.info(`key ${key} was refused`),
    'the message after a line break': (logger, key) => logger.info(`refused:\n${key}`),
    'an argument of the message': (logger, key) => logger.info('key %s was refused: %o', key, { inner: key }),
    'a field': (logger, key) => logger.info({ candidate: key }, 'x'),
    'a field of a field of a field of a field': (logger, key) => logger.info({ a: { b: { c: { d: [key] } } } }, 'x'),
    'the name of a field': (logger, key) => logger.info({ [key]: 1 }, 'x'),
    'the message of an error': (logger, key) => logger.error({ err: new Error(`bad ${key}`) }, 'x'),
    'the message of an error, on a line of its own': (logger, key) => logger.error(new Error(`bad:\n${key}`)),
    'the cause of an error': (logger, key) =>
      logger.error({ err: new Error('x', { cause: new Error('y', { cause: new Error(key) }) }) }),
    'an error under another name': (logger, key) =>
      logger.error({ error: new Error(key), reason: Object.assign(new Error('x'), { body: key }) }),
    'what a library hangs onto an error': (logger, key) =>
      logger.error({ err: Object.assign(new Error('x'), { config: { headers: { auth: key } }, body: key }) }),
    'the reason of our own error': (logger, key) =>
      logger.error({ err: new ByokError('internal', { reason: key, extras: { key } }) }),
    headers: (logger, key) => logger.info({ headers: { authorization: `Bearer ${key}`, 'x-api-key': key } }, 'x'),
    'headers in capitals': (logger, key) =>
      logger.info({ HEADERS: { AUTHORIZATION: `BEARER ${key}`, 'X-API-KEY': key } }, 'x'),
    'raw headers': (logger, key) =>
      logger.info({ raw: ['Authorization', `Bearer ${key}`, 'Cookie', `session_token=${key}`] }, 'x'),
    'a child’s bindings': (logger, key) => logger.child({ bound: key }).info('x'),
    'a request, a reply and what is in them': (logger, key) =>
      logger.info({ req: { headers: { a: key }, body: { key } }, res: { payload: key } }, 'x'),
  };

  it.each(Object.entries(places))('writes no key that stands in %s', (_, log) => {
    for (const key of keys) {
      const { logger, lines } = logging();
      log(logger, key);
      expect(lines).toHaveLength(1);
      expect(lines[0]).not.toMatch(/Canary/i);
      expect(() => JSON.parse(lines[0] ?? '')).not.toThrow();
    }
  });

  it('never writes a request or a reply', () => {
    const { logger, last } = logging();
    logger.info({ req: { url: '/x' }, res: { statusCode: 200 }, kept: 1 }, 'x');
    logger.child({}).info({ req: { url: '/x' }, res: { statusCode: 200 }, kept: 1 }, 'x');
    expect(Object.keys(last()).sort()).toEqual(['kept', 'level', 'msg', 'time']);
  });

  it('never writes one for Fastify either, which logs both by itself', async () => {
    const { logger, lines } = logging();
    const app = fastify({ loggerInstance: logger });
    app.get('/fail', async (request, reply) => {
      request.log.info({ req: request, res: reply }, 'handled');
      throw new Error('failed');
    });
    await app.inject({ url: '/fail?query=SecretQuery', headers: { 'x-anything': 'SecretHeader' } });
    await app.close();
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join('')).not.toMatch(/SecretQuery|SecretHeader|"req"|"res"/);
    expect(lines.join('')).toContain('failed');
  });
});

describe('an error in the log', () => {
  it('has its type, message, code, stack and causes, and no other field', () => {
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNREFUSED', address: '10.0.0.1' });
    const error = Object.assign(new Error('outer', { cause }), { code: 'E_OUTER', detail: 'secret', response: {} });
    expect(serializeError(error)).toEqual({
      type: 'Error',
      message: 'outer',
      code: 'E_OUTER',
      stack: expect.stringContaining('outer'),
      cause: { type: 'TypeError', message: 'inner', code: 'ECONNREFUSED' },
    });
  });

  it('ends where causes go round in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(serializeError(error)).match(/"round"/g)).toHaveLength(5);
  });

  it('is named by its kind where it is none', () => {
    for (const [thrown, kind] of [
      ['sk-secret-text', 'string'],
      [undefined, 'undefined'],
      [{ key: 'x' }, 'object'],
      [null, 'object'],
    ] as const)
      expect(serializeError(thrown)).toEqual({ message: kind });
    expect(serializeError(new Error('x', { cause: 'sk-secret-text' }))).toMatchObject({ cause: { message: 'string' } });
    expect(serializeError(Object.assign(new Error('x'), { code: 401 }))).not.toHaveProperty('code');
  });
});
