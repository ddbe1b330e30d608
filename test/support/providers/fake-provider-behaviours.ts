// How a fake provider can behave, and what looks alike at all of them.

/** What the fake makes of a key; the word stands in the key, e.g. `sk-good-…` or `hf_-ratelimited-…`. */
export const BEHAVIOURS = [
  'good',
  'bad',
  'restricted',
  'ratelimited',
  'quota',
  'billing',
  'permission',
  'region',
  'closed',
  'badrequest',
  'notfound',
  'moved',
  'broken',
  'overloaded',
  'html',
  'blocked',
  'edgelimit',
  'edgepay',
  'edgeauth',
  'garbage',
  'redirect',
  'hang',
  'stall',
  'cut',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Answers = Readonly<Partial<Record<Behaviour, Answer>>> & { readonly good: Answer; readonly bad: Answer };

export const openAiError = (message: string, type: string, code: string | null) => ({
  error: { message, type, param: null, code },
});
export const models = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `maker/model-${index}-instruct-turbo`,
    object: 'model',
    created: 1_686_935_002,
    type: 'chat',
    owned_by: 'maker',
    display_name: `Model ${index} Instruct Turbo, with a name that takes some room`,
    pricing: { hourly: 0, input: 0.88, output: 0.88, base: 0, finetune: 0 },
  }));

const page = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
export const html = (status: number, title: string): Answer => ({
  status,
  body: page(title),
  headers: { 'content-type': 'text/html' },
});

/** Faults that look alike everywhere. `hang`, `stall` and `cut` are not answers; the server does them. */
export const COMMON: Answers = {
  good: { status: 200, body: { object: 'list', data: models(3) } },
  bad: { status: 401, body: openAiError('Invalid API key: KEY', 'invalid_request_error', 'invalid_api_key') },
  badrequest: { status: 400, body: openAiError('Bad request', 'invalid_request_error', null) },
  notfound: {
    status: 404,
    body: openAiError('Unknown request URL: GET /models.', 'invalid_request_error', 'unknown_url'),
  },
  closed: { status: 403, body: openAiError('This organization has been disabled.', 'forbidden', null) },
  billing: { status: 402, body: openAiError('Credit limit exceeded. Please add credit.', 'credit_limit', null) },
  broken: { status: 500, body: openAiError('The server had an error processing KEY.', 'server_error', null) },
  overloaded: { status: 503, body: openAiError('Service temporarily unavailable', 'service_unavailable', null) },
  permission: { status: 403, body: openAiError('This key is not allowed to do that.', 'permission_error', null) },
  quota: {
    status: 429,
    body: openAiError('You exceeded your current quota.', 'insufficient_quota', 'insufficient_quota'),
  },
  region: { status: 451, body: openAiError('Unavailable for legal reasons', 'unavailable', null) },
  // A captive portal or a proxy's log-in page.
  html: html(200, 'Welcome to the guest network'),
  // Cloudflare in front of a provider.
  blocked: html(403, 'Just a moment...'),
  // What something in between answers to anybody.
  edgelimit: html(429, '429 Too Many Requests'),
  edgepay: html(402, '402 Payment Required'),
  edgeauth: html(401, '401 Authorization Required'),
  garbage: {
    status: 200,
    body: '{"object": "list", "data": [{"id": ',
    headers: { 'content-type': 'application/json' },
  },
  redirect: { status: 302, body: '', headers: { location: '/elsewhere' } },
  ratelimited: {
    status: 429,
    body: openAiError('Rate limit reached for requests', 'requests', 'rate_limit_exceeded'),
    headers: { 'retry-after': '7' },
  },
};
