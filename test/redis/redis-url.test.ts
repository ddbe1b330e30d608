import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { parseRedisUrl } from '../../src/redis/redis-url.ts';

const at = (...ports: number[]) => ports.map((port, index) => ({ host: `s${index + 1}`, port }));

describe('an address of Redis', () => {
  it.each([
    'redis://host',
    'redis://host:6379/',
    'rediss://user:p%40ss@host:6380/15',
    'redis://:secret@[::1]:6379/0',
    'redis://host:6379/0?family=6',
  ])('%s goes to the client as it is', (text) => {
    expect(parseRedisUrl(text)).toBe(text);
  });

  it.each([
    ['redis+sentinel://s1', { sentinels: at(26379), name: 'mymaster', db: 0 }],
    ['redis+sentinel://s1:1,s2:2,s3/prime/3', { sentinels: at(1, 2, 26379), name: 'prime', db: 3 }],
    ['redis+sentinel://s1/prime/', { sentinels: at(26379), name: 'prime', db: 0 }],
    [
      'redis+sentinel://me:p%40:ss@s1/prime?sentinel_username=w&sentinel_password=x%26y',
      {
        sentinels: at(26379),
        name: 'prime',
        db: 0,
        username: 'me',
        password: 'p@:ss',
        sentinelUsername: 'w',
        sentinelPassword: 'x&y',
      },
    ],
    [
      'redis+sentinel://:secret@[::1]:5,10.0.0.1',
      {
        sentinels: [
          { host: '::1', port: 5 },
          { host: '10.0.0.1', port: 26379 },
        ],
        name: 'mymaster',
        db: 0,
        password: 'secret',
      },
    ],
    [
      'rediss+sentinel://s1/m',
      { sentinels: at(26379), name: 'm', db: 0, tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true },
    ],
  ])('%s names Sentinels', (text, options) => {
    expect(parseRedisUrl(text)).toEqual(options);
  });

  it.each([
    'redis://host:6379/main',
    'redis://host/0/1',
    'redis:host:6379',
    'redis+sentinel://',
    'redis+sentinel://s1,/prime',
    'redis+sentinel://s1:0/prime',
    'redis+sentinel://s1:65536/prime',
    'redis+sentinel://s1/0',
    'redis+sentinel://s1/prime/x',
    'redis+sentinel://s1/prime?password=x',
    'redis+sentinel://s1/%zz',
    'sentinel://s1/prime',
    'http://host:6379',
    'host:6379',
    '',
  ])('%j is none, and the refusal shows both forms', (text) => {
    expect(parseRedisUrl(text)).toBeUndefined();
    if (text === '') return;
    const refusal = (): unknown => parseConfig({ REDIS_URL: text });
    expect(refusal).toThrow(/REDIS_URL must be an address such as redis:\/\/host:6379\/0, or redis\+sentinel:\/\//);
  });
});
