// What the scrub takes out of a line, and what it leaves alone.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrub } from '../../src/telemetry/pino-scrub.ts';
import { base64, line, random } from './log-line.ts';

describe('other secrets', () => {
  const fernet = `gAAAAABo6YHg${randomBytes(90).toString('base64url')}==`;
  const jwt = `${base64(JSON.stringify({ alg: 'RS256', typ: 'JWT' })).replace(/=/g, '')}.${randomBytes(60).toString('base64url')}.${randomBytes(60).toString('base64url')}`;
  const pem = `-----BEGIN PRIVATE KEY-----\n${base64(random(90))}\n${'A'.repeat(20)}\n-----END PRIVATE KEY-----`;

  it.each([
    ['a Fernet token', `stored ${fernet}`, fernet.slice(12, 40)],
    ['a Fernet token on a new line', `stored\n${fernet}`, fernet.slice(12, 40)],
    ['a JWT', `token ${jwt}`, jwt.slice(40, 60)],
    ['a JWT on a new line', `token\n${jwt}`, jwt.slice(-20)],
    ['a JWT in a URL', `?id_token_hint%3D${jwt}`, jwt.slice(-20)],
    ['a short JWT', 'token eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.', 'eyJzdWIi'],
    ['a private key', pem, 'AAAAAAAAAA'],
    ['a bearer with odd characters', 'Authorization: Bearer p@ss!word#1~x', 'word'],
    ['a basic credential', `authorization: basic ${base64('user:pass')}`, base64('user:pass')],
    ['a password in a URL', 'postgres://byok:hunter2@db:5432/byok', 'hunter2'],
    ['a password without a name in a URL', 'redis://:hunter2@cache:6379', 'hunter2'],
    ['a password with @ in it', 'redis://u:hun@ter2@cache:6379', 'ter2'],
    ['a session cookie', 'cookie: a=1; session_token=hunter2; b=2', 'hunter2'],
    ['a session cookie of ours', '__Host-byok_session=hunter2', 'hunter2'],
    ['a form', 'grant_type=password&password=hunter2&client_secret=hunter3', 'hunter'],
    ['a query', 'GET /v1?api_key=hunter2', 'hunter2'],
    ['a header', 'x-api-key: hunter2', 'hunter2'],
    ['a header in capitals', 'X-API-KEY: hunter2', 'hunter2'],
  ])('%s', (_, text, secret) => {
    for (const scrubbed of [scrub(text), scrub(line(text)), scrub(line(`first\n"${text}"`))])
      expect(scrubbed).not.toContain(secret);
    expect(() => JSON.parse(scrub(line(text)))).not.toThrow();
  });

  it('are named by their kind', () => {
    expect(scrub(`a ${fernet} b ${jwt} c ${pem} d`)).toBe('a [token] b [jwt] c [private key] d');
  });

  it.each([
    'authorization',
    'Authorization',
    'PROXY-AUTHORIZATION',
    'cookie',
    'Set-Cookie',
    'x-api-key',
    'X-Goog-Api-Key',
    'key',
    'api_key',
    'apiKey',
    'password',
    'secret',
    'client_secret',
    'clientSecret',
    'token',
    'access_token',
    'refreshToken',
    'ID_TOKEN',
    'encryption_key',
  ])('the value of a field named %s, whatever it is and however deep', (name) => {
    for (const secret of ['hunter2', 'hun"ter2', 'hunter2\\', 'a b\nhunter2'])
      for (const value of [
        { [name]: secret },
        { a: { b: { [name]: secret, after: 'stays' } } },
        { [name]: ['x', secret] },
        JSON.stringify({ [name]: secret }),
      ]) {
        const scrubbed = scrub(line(value));
        expect(scrubbed, scrubbed).not.toMatch(/hun|ter2/);
        expect(JSON.parse(scrubbed)).toMatchObject({ level: 'info' });
        if (JSON.stringify(value).includes('stays')) expect(scrubbed).toContain('stays');
      }
  });
});

describe('ordinary text stays as it is', () => {
  it.each([
    'co-operate with the co-ordinator, co_workers',
    'sk-',
    'sk-SK is the Slovak locale',
    'task-force risk-assessment disk-usage desk_lamp_in_the_corner',
    'duplicate key value violates unique constraint "pk_audit_log_entries"',
    'Bearer authentication failed, Basic authentication is off.',
    'www-authenticate: Bearer realm="byok"',
    'Bearer token missing; bearer credentials are required',
    'the token has expired; its password: none',
    'KEYCLOAK_ADMIN_PASSWORD must be set together with KEYCLOAK_ADMIN_USERNAME',
    'http://localhost:8084/docs and mail ada@example.com',
    'https://auth.example.com:8443/realms/uchub/protocol/openid-connect/token',
    'at Object.<anonymous> (file:///srv/app/node_modules/@fastify/rate-limit/index.js:10:5)',
    'at hasZodFastifySchemaValidationErrors (/srv/app/src/adapters/keycloak-user-directory.ts:120:11)',
    'createHmacSha256SignatureForTheWholeRequest',
    'ops-center-byok-7d9f8b6c5d-x2x4z.byok-system.svc.cluster.local',
    'ERR_TLS_CERT_ALTNAME_INVALID DEPTH_ZERO_SELF_SIGNED_CERT UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    '2026-11-22T10:00:00.000Z GET /api/v1/byok/keys/:provider 200 12.3 ms',
    '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
    'byok_openai_key, byok_huggingface_last_tested, byok_perplexity_test_reason',
    'eyJ is how a JWT begins, gAAAA a Fernet token',
    'req_011CSHoEeqs5C35K2UUqR7Fy',
    `user ${randomUUID()} in session ${randomUUID().toUpperCase()}`,
    `audit head sha256:${createHash('sha256').update('head').digest('hex')}`,
    'a\nb\tc\\d "e" \u0001 é 🔑',
  ])('%s', (text) => {
    expect(scrub(text)).toBe(text);
    expect(scrub(line(text))).toBe(line(text));
    expect(scrub(line({ deep: [{ [text]: text, count: 1, none: null, yes: true, part: 1.5e-7 }] }))).toBe(
      line({ deep: [{ [text]: text, count: 1, none: null, yes: true, part: 1.5e-7 }] }),
    );
  });

  it('in whatever shape a line comes: it stays JSON with the same fields', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), (value) => {
        const names = (inner: unknown): unknown =>
          typeof inner === 'object' && inner !== null ? Object.keys(inner).length : typeof inner;
        expect(names(JSON.parse(scrub(line(value))).msg)).toEqual(names(JSON.parse(line(value)).msg));
      }),
    );
  });

  it('also where it is no JSON at all', () => {
    for (const text of ['', '\n', '{', '{"a":\\', '\\', '\\\\n', 'null', '[1]', '"\\n"'])
      expect(scrub(text)).toBe(text);
  });
});

// A line of a megabyte that takes a quadratic expression minutes: it is enough that this ends.
describe('a line of a megabyte is done with', () => {
  it.each([
    'eyJ',
    'eyJ-',
    'eyJaaaaaaaa-',
    'eyJaaaaaaaa.',
    'sk-',
    'sk-sk-',
    'gAAAA',
    'gAAAA-',
    'Bearer ',
    'Bearer  1',
    'Bearer',
    'Basic\t',
    '://',
    '://a:',
    '://a:b',
    ':',
    '@',
    ' ',
    '"',
    '\\',
    '\\"',
    '%3D',
    '%3Dsk-',
    '"key":"',
    '"key":[',
    '"key":["',
    '"key":["",',
    'password=',
    'x-api-key:',
    'x-api-key: ',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    '-',
    '_',
    'a',
    'A1',
    'a1b-',
    '[',
    '{"a":',
    'sha256:',
    '\n',
    'session=',
  ])('%j, over and over', (piece) => {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
    for (const end of ['', '!']) expect(scrub(line(text + end))).toContain('deadbeef-1z');
  });
});
