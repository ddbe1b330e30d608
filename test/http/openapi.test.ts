import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { type RunningService, startService } from '../support/service/running-service.ts';

interface Media {
  readonly schema?: object;
}
interface Operation {
  readonly security?: readonly object[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, Media>>; readonly headers?: object }
    >
  >;
}
interface Description {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** What is answered with 200 besides plain JSON. */
const OTHER_TYPES: ReadonlyMap<string, string[]> = new Map([
  ['GET /auth/login', ['text/html']],
  ['GET /api/v1/byok/audit', ['application/json', 'text/csv']],
  ['GET /api/v1/byok/admin/audit', ['application/json', 'text/csv', 'application/x-ndjson']],
]);

describe('the OpenAPI description', () => {
  let service: RunningService;
  let description: Description;
  let operations: { readonly name: string; readonly operation: Operation }[];
  beforeAll(async () => {
    service = await startService();
    description = (await service.client().get('/openapi.json')).body as Description;
    operations = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
    );
  });
  afterAll(() => service?.stop());

  const operation = (name: string): Operation | undefined =>
    operations.find((candidate) => candidate.name === name)?.operation;

  it('is OpenAPI 3.1 and leaves the address to whoever reads it', () => {
    expect(description.openapi).toMatch(/^3\.1\./);
    // Relative: the page works under whatever name it was opened by.
    expect(description.servers).toEqual([{ url: '/' }]);
  });

  it('is shown by a page, without anything from elsewhere', async () => {
    const page = await service.client().get('/docs');
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.headers['content-security-policy']).toMatch(/script-src 'self';/);
    expect(page.headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/);
    for (const [, address = ''] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(address).toMatch(/^\/docs\/static\//);
      expect((await service.client().get(address)).status).toBe(200);
    }
  });

  it('describes every call of the API, and no page of its own', () => {
    const described = new Set(operations.map(({ name }) => name));
    const registered = service.app.registeredRoutes
      .filter(({ method, url }) => method !== 'HEAD' && (url.startsWith(API) || /^\/(auth|healthz|readyz)/.test(url)))
      .map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`)
      .filter((name) => name !== 'GET /auth/style.css');
    expect(described).toEqual(new Set(registered));
  });

  it('describes every error as a problem document, and 200 as what it is', () => {
    for (const { name, operation } of operations)
      for (const [status, response] of Object.entries(operation.responses)) {
        const types = Object.keys(response.content ?? {});
        const expected = status.startsWith('3')
          ? []
          : status.startsWith('2') || name === 'GET /readyz'
            ? (OTHER_TYPES.get(name) ?? ['application/json'])
            : ['application/problem+json'];
        expect({ name, status, types }).toEqual({ name, status, types: expected });
        expect({ name, status, is: response.description }).not.toEqual({ name, status, is: 'Default Response' });
      }
  });

  it('says that the test of a key needs no body, and that an add does', () => {
    expect(operation('POST /api/v1/byok/keys/test/{provider}')?.requestBody?.required).toBe(false);
    expect(operation('POST /api/v1/byok/keys/add')?.requestBody?.required).toBe(true);
    expect(operation('PATCH /api/v1/byok/keys/{provider}')?.requestBody?.required).toBe(true);
  });

  it('says by which headers an answer that is too old is known', () => {
    for (const path of ['keys', 'providers', 'stats']) {
      const answer = operation(`GET /api/v1/byok/${path}`)?.responses['200'];
      expect(Object.keys(answer?.headers ?? {})).toEqual(['x-byok-stale', 'age']);
      expect(JSON.stringify(answer?.content)).not.toContain('x-byok-stale');
    }
    expect(JSON.stringify(description).match(/x-byok-stale/g)).toHaveLength(3);
  });

  it('asks for a session, a token or a service where a route does, and nowhere else', () => {
    for (const { name, operation } of operations) {
      const open = /\/(healthz|readyz|auth\/(login|logout|demo))$/.test(name);
      expect({ name, security: operation.security ?? [] }).toEqual({
        name,
        security: open ? [] : name.includes('/internal/') ? [{ service: [] }] : [{ session: [] }, { bearer: [] }],
      });
    }
  });

  it('names the providers, so that a page can offer them', () => {
    expect(JSON.stringify(operation('POST /api/v1/byok/keys/add')?.requestBody)).toContain(
      '"enum":["openai","anthropic","huggingface","cohere","together","perplexity","groq","custom"]',
    );
  });

  it('names at every call what its scope, its body and a change by people can be answered with', () => {
    for (const { name, operation } of operations) {
      const described = Object.values(operation.responses)
        .map((response) => response.description)
        .join(' ');
      for (const code of expectedCodes(name, operation)) expect(described, name).toContain(`\`${code}\``);
    }
  });
});

function expectedCodes(name: string, { security = [], requestBody }: Operation): string[] {
  const schemes = security.flatMap((scheme) => Object.keys(scheme));
  const person = schemes.includes('session');
  const service = schemes.includes('service');
  return [
    ...(requestBody === undefined ? [] : ['body_too_large', 'unsupported_media_type']),
    ...(requestBody !== undefined && (person || service) ? ['invalid_json'] : []),
    ...(person ? ['not_authenticated', 'session_store_unavailable', 'directory_unavailable'] : []),
    ...(person && !name.startsWith('GET ') ? ['cross_site_request', 'audit_unavailable'] : []),
    ...(name.includes('/admin/') ? ['account_disabled', 'admin_required'] : []),
    ...(service ? ['not_authenticated', 'scope_required', 'database_unavailable', 'audit_unavailable'] : []),
  ];
}
