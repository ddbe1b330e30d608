// Answers that no provider's API gives: what edges, proxies, portals and broken servers write.
import type { ProbeAnswer } from '../../src/providers/probe-reading.ts';

const HTML = '<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body>no</body></html>';

interface Foreign {
  readonly contentType: string | undefined;
  readonly text: string;
  /** How the message names it. */
  readonly seen: string;
}

export const FOREIGN: Readonly<Record<string, Foreign>> = {
  'a page': { contentType: 'text/html; charset=utf-8', text: HTML, seen: 'HTML' },
  'a page in capitals': { contentType: 'Text/HTML', text: HTML, seen: 'HTML' },
  'a page that calls itself JSON': { contentType: 'application/json', text: HTML, seen: 'HTML' },
  'a page without a content type': { contentType: undefined, text: HTML, seen: 'HTML' },
  nothing: { contentType: undefined, text: '', seen: 'an empty body' },
  'nothing that calls itself JSON': { contentType: 'application/json', text: '', seen: 'an empty body' },
  'plain text': { contentType: 'text/plain', text: 'Too many requests', seen: 'plain text' },
  'the right words as plain text': {
    contentType: 'text/plain; charset=utf-8',
    text: '{"error":{"message":"Invalid API key","type":"invalid_request_error","code":"invalid_api_key"}}',
    seen: 'plain text',
  },
  'the right words without a content type': {
    contentType: undefined,
    text: '{"error":{"message":"Invalid API key","type":"invalid_request_error","code":"invalid_api_key"}}',
    seen: 'something without a content type',
  },
  'JSON cut off': { contentType: 'application/json', text: '{"error":{"message":"Inva', seen: 'broken JSON' },
  'empty JSON': { contentType: 'application/json', text: '{}', seen: 'JSON of another kind' },
  'a list': { contentType: 'application/json', text: '["error"]', seen: 'JSON of another kind' },
  'a JSON string': { contentType: 'application/json', text: '"Invalid API key"', seen: 'JSON of another kind' },
  'JSON null': { contentType: 'application/json', text: 'null', seen: 'JSON of another kind' },
  'a proxy’s JSON': {
    contentType: 'application/json',
    text: '{"status":429,"reason":"rate limit of the egress"}',
    seen: 'JSON of another kind',
  },
  'a fault of another service': {
    contentType: 'application/json',
    text: '{"fault":{"faultstring":"Invalid ApiKey","detail":{"errorcode":"oauth.v2.InvalidApiKey"}}}',
    seen: 'JSON of another kind',
  },
  XML: { contentType: 'application/xml', text: '<Error><Code>AccessDenied</Code></Error>', seen: 'XML' },
  bytes: { contentType: 'image/png', text: '\u0089PNG', seen: 'something that is not JSON' },
};

export const foreignAnswers = (statusCode: number): readonly (readonly [string, ProbeAnswer, string])[] =>
  Object.entries(FOREIGN).map(([what, { contentType, text, seen }]) => [
    what,
    { statusCode, contentType, text, truncated: false },
    seen,
  ]);
