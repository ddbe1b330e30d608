// The providers: one row each. What else a new one needs is in CONTRIBUTING.md.
// Sources: each provider's API reference, named in the row; checked November 2026.

import { type AnswerShapes, BARE_LIST, ENDPOINT_ANSWERS, MODEL_LIST, OPENAI_ERROR } from './answer-shape.ts';

export interface Provider {
  readonly id: string;
  readonly name: string;
  /** The usual beginning of a key; a key without it is accepted with a warning. */
  readonly prefix: string | null;
  /** The page where a person gets a key. */
  readonly keyUrl: string | null;
  /** `required`: keys are useless without one; `optional`: the key may go to another host that speaks the same API. */
  readonly endpoint: 'required' | 'optional';
  readonly api: ProviderApi;
  readonly probe: ProbeRow;
  /** Where the facts of this row come from. */
  readonly source: string;
}

/** One API of a provider: what every call to it needs, whatever it asks for. */
export interface ProviderApi {
  /** Origin and path prefix; can be overridden by `BYOK_{ID}_API_URL`. Null: the user's endpoint. */
  readonly url: string | null;
  /** How the key travels. */
  readonly credential: 'bearer' | 'x-api-key';
  readonly headers?: Readonly<Record<string, string>>;
}

/** What to ask the API to find out whether a key works, and how to read the response. */
export interface ProbeRow {
  readonly method: 'GET' | 'POST';
  /** Below the API's URL. */
  readonly path: string;
  /** Asked instead where `path` leads nowhere (400, 404, 405, 410). */
  readonly fallbackPath?: string;
  /** Field of a 2xx JSON body that must be true for the key to count as valid. */
  readonly validField?: string;
  /** What a fine-grained HuggingFace token must be allowed to do for calls to work. */
  readonly permission?: { readonly id: string; readonly name: string };
  /** What else a refusal (401) can mean at this provider: ends the sentence "it is wrong, expired or revoked, or …". */
  readonly refusedAlsoWhen?: string;
  /** The web server in front of the API refuses keys by itself: ends the sentence about a 401 that is a web page. */
  readonly webPageRefusal?: string;
  /** What the API itself answers here. Anything else says nothing about a key. */
  readonly answers: AnswerShapes;
}

const ROWS: readonly Provider[] = [
  {
    id: 'openai',
    name: 'OpenAI',
    prefix: 'sk-',
    keyUrl: 'https://platform.openai.com/api-keys',
    endpoint: 'optional',
    api: { url: 'https://api.openai.com/v1', credential: 'bearer' },
    probe: {
      method: 'GET',
      path: '/models',
      answers: { success: [MODEL_LIST], error: [OPENAI_ERROR, { error: /missing scopes/i }] },
    },
    source:
      'https://platform.openai.com/docs/api-reference/models/list, https://platform.openai.com/docs/guides/error-codes',
  },
  {
    id: 'anthropic',
    name: 'Anthropic',
    prefix: 'sk-ant-',
    keyUrl: 'https://console.anthropic.com/settings/keys',
    endpoint: 'optional',
    api: {
      url: 'https://api.anthropic.com/v1',
      credential: 'x-api-key',
      headers: { 'anthropic-version': '2023-06-01' },
    },
    probe: {
      method: 'GET',
      path: '/models',
      answers: {
        success: [MODEL_LIST],
        error: [{ type: /^error$/, 'error.type': 'string', 'error.message': 'string' }],
      },
    },
    source: 'https://docs.anthropic.com/en/api/models-list, https://docs.anthropic.com/en/api/errors',
  },
  {
    id: 'huggingface',
    name: 'HuggingFace',
    prefix: 'hf_',
    keyUrl: 'https://huggingface.co/settings/tokens',
    endpoint: 'optional',
    api: { url: 'https://huggingface.co/api', credential: 'bearer' },
    probe: {
      method: 'GET',
      path: '/whoami-v2',
      permission: { id: 'inference.serverless.write', name: 'Make calls to Inference Providers' },
      answers: { success: [{ auth: 'object' }], error: [{ error: 'string' }] },
    },
    source: 'https://huggingface.co/docs/hub/api, https://huggingface.co/docs/inference-providers',
  },
  {
    id: 'cohere',
    name: 'Cohere',
    prefix: null,
    keyUrl: 'https://dashboard.cohere.com/api-keys',
    endpoint: 'optional',
    api: { url: 'https://api.cohere.com/v1', credential: 'bearer' },
    probe: {
      method: 'POST',
      path: '/check-api-key',
      validField: 'valid',
      answers: { success: [{ valid: 'boolean' }], error: [{ message: 'string' }] },
    },
    source: 'https://docs.cohere.com/reference/checkapikey',
  },
  {
    id: 'together',
    name: 'Together AI',
    prefix: null,
    keyUrl: 'https://api.together.ai/settings/api-keys',
    endpoint: 'optional',
    api: { url: 'https://api.together.xyz/v1', credential: 'bearer' },
    probe: {
      method: 'GET',
      path: '/models',
      answers: { success: [BARE_LIST, MODEL_LIST], error: [OPENAI_ERROR] },
    },
    source: 'https://docs.together.ai/reference/models-1',
  },
  {
    id: 'perplexity',
    name: 'Perplexity AI',
    prefix: 'pplx-',
    keyUrl: 'https://www.perplexity.ai/settings/api',
    endpoint: 'optional',
    api: { url: 'https://api.perplexity.ai', credential: 'bearer' },
    // Its /models is public and proves nothing about a key; listing one's own asynchronous jobs needs the key.
    // The list has moved within the documentation, and the calls around it were announced to end on 2026-09-27.
    probe: {
      method: 'GET',
      path: '/async/chat/completions',
      fallbackPath: '/v1/async/sonar',
      refusedAlsoWhen: 'its prepaid credit is used up',
      // github.com/perplexityai/api-discussion/issues/281: wrong keys got a page of its web server.
      webPageRefusal: 'Its web server has answered wrong keys so too: if others work from here, the key is wrong.',
      answers: { success: [{ requests: 'array' }], error: [OPENAI_ERROR] },
    },
    source: 'https://docs.perplexity.ai/api-reference/async-sonar-get',
  },
  {
    id: 'groq',
    name: 'Groq',
    prefix: 'gsk_',
    keyUrl: 'https://console.groq.com/keys',
    endpoint: 'optional',
    api: { url: 'https://api.groq.com/openai/v1', credential: 'bearer' },
    probe: {
      method: 'GET',
      path: '/models',
      answers: { success: [MODEL_LIST], error: [OPENAI_ERROR] },
    },
    source: 'https://console.groq.com/docs/api-reference#models-list, https://console.groq.com/docs/errors',
  },
  {
    id: 'custom',
    name: 'Custom Endpoint',
    prefix: null,
    keyUrl: null,
    endpoint: 'required',
    api: { url: null, credential: 'bearer' },
    probe: { method: 'GET', path: '/models', answers: ENDPOINT_ANSWERS },
    source: 'https://platform.openai.com/docs/api-reference/models/list (the API that such endpoints imitate)',
  },
];

/** All providers by id, in the order in which they are listed. */
export const PROVIDERS: ReadonlyMap<string, Provider> = new Map(ROWS.map((row) => [row.id, row]));
