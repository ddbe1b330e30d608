// What the OpenAPI description says of signing in and out. Of every other call: test/http/openapi.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAuthApp } from '../support/service/auth-app.ts';
import { fakeProvider } from './sign-in-fakes.ts';

interface Operation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: object };
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

describe('the description of signing in and out', () => {
  let app: Awaited<ReturnType<typeof buildAuthApp>>;
  let operations: ReadonlyMap<string, Operation>;
  beforeAll(async () => {
    app = await buildAuthApp({ identityProvider: fakeProvider().provider });
    operations = new Map(
      Object.entries(app.swagger().paths ?? {}).flatMap(([path, methods]) =>
        Object.entries(methods as Record<string, Operation>).map(
          ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
        ),
      ),
    );
  });
  afterAll(() => app?.close());

  it('has a heading and a line for each call, and what it answers', () => {
    const described = [...operations].filter(([name]) => name.includes('/auth/'));
    expect(described.length).toBeGreaterThan(6);
    for (const [name, { tags, summary, responses }] of described) {
      expect({ name, tags }).toEqual({ name, tags: ['auth'] });
      expect(summary, name).toMatch(/^[A-Z].{5,}/);
      for (const { description } of Object.values(responses)) expect(description, name).not.toBe('Default Response');
    }
  });

  it.each([
    ['GET /auth/login', ['303', '422', '503']],
    ['GET /auth/callback', ['303', '400', '422', '503']],
    ['POST /auth/logout', ['200', '303', '403', '503']],
    ['POST /auth/backchannel-logout', ['200', '413', '415', '503']],
  ])('says that %s asks for no credentials, and answers with %j', (name, statuses) => {
    expect(operations.get(name)?.security).toEqual([]);
    expect(Object.keys(operations.get(name)?.responses ?? {})).toEqual(expect.arrayContaining(statuses));
  });

  it('says in what form the identity provider speaks', () => {
    const { requestBody } = operations.get('POST /auth/backchannel-logout') ?? {};
    expect(Object.keys(requestBody?.content ?? {})).toEqual(['application/x-www-form-urlencoded']);
  });
});
