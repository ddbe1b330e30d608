import { expect, it } from 'vitest';
import { createNormalise } from '../../wire/normalise.ts';

const words = new Map([
  ['18084', '<port>'],
  ['b1946ac9-2492-4d23-89a1-0f5c7a0b6d11', '<id of ada>'],
]);
const requests = new Map([['1a2b3c4d-2k', 'a key is added']]);
const normalise = createNormalise({ words, requests });
const now = new Date().toISOString();

it.each([
  ['a time of the run keeps its form', now, '0000-00-00T00:00:00.000Z'],
  ['a time of the run without a zone keeps its form', now.slice(0, 19), '0000-00-00T00:00:00'],
  ['a time of long ago stays', '2025-01-02T03:04:05Z', '2025-01-02T03:04:05Z'],
  ['a day of the run goes', now.slice(0, 10), '<day of the run>'],
  ['a cookie keeps its name and attributes', `byok_session=${'a'.repeat(43)}; Path=/`, 'byok_session=<random>; Path=/'],
  ['a cookie of another length shows', 'byok_session=abc; Path=/', 'byok_session=abc; Path=/'],
  ['a port goes where it stands alone', 'http://localhost:18084/1180845', 'http://localhost:<port>/1180845'],
  ['a person has a name', '/users/b1946ac9-2492-4d23-89a1-0f5c7a0b6d11', '/users/<id of ada>'],
  ['a request has a name', 'Request 1a2b3c4d-2k', 'Request <request: a key is added>'],
  ['a file of the page loses its hash', '/ui/assets/app-B3x_9aQz.js', '/ui/assets/app-<hash>.js'],
  ['a code of an error stays', 'urn:byok:error:unsupported_media_type', 'urn:byok:error:unsupported_media_type'],
])('%s', (_what, text, recorded) => {
  expect(normalise(text)).toBe(recorded);
  expect(normalise({ [text]: [text] })).toEqual({ [recorded]: [recorded] });
});

it('seconds until a limit ends go; those after an outage are part of the contract', () => {
  expect(normalise.header('retry-after', '57', 429)).toBe('<seconds>');
  expect(normalise.header('retry-after', '5', 503)).toBe('5');
});

it('a key that may be kept for some minutes differs from one that may not be kept', () => {
  expect(normalise([{ max_age_seconds: 299 }, { max_age_seconds: 0 }])).toEqual([
    { max_age_seconds: '<nearly 300>' },
    { max_age_seconds: 0 },
  ]);
});
