// What each provider answers, as far as its documentation and bug reports that quote it show. The comment at each row
// says where the shape was seen. `KEY` stands for the key as the provider would echo it: several do, in part or whole.
import { type Answers, COMMON, models, openAiError } from './fake-provider-behaviours.ts';

const anthropicError = (type: string, message: string) => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
});

export const OPENAI: Answers = {
  ...COMMON,
  // https://platform.openai.com/docs/guides/error-codes; the echo of the key (masked there) as in many bug reports.
  bad: {
    status: 401,
    body: openAiError(
      'Incorrect API key provided: KEY. You can find your API key at https://platform.openai.com/account/api-keys.',
      'invalid_request_error',
      'invalid_api_key',
    ),
  },
  // github.com/microsoft/PowerToys/issues/32989 and github.com/bytedance/trae-agent/issues/162 quote it with 401.
  restricted: {
    status: 401,
    body: openAiError(
      "You have insufficient permissions for this operation. Missing scopes: api.model.read. Check that you have the correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if you're using a restricted API key, that it has the necessary scopes.",
      'invalid_request_error',
      null,
    ),
  },
  permission: {
    status: 403,
    body: openAiError('You do not have access to the organization tied to the API key.', 'invalid_request_error', null),
  },
  closed: {
    status: 401,
    body: openAiError(
      'The OpenAI account associated with this API key has been deactivated.',
      'invalid_request_error',
      'account_deactivated',
    ),
  },
  region: {
    status: 403,
    body: openAiError(
      'Country, region, or territory not supported',
      'request_forbidden',
      'unsupported_country_region_territory',
    ),
  },
  // github.com/clusterzx/paperless-ai/issues/817, github.com/cocacola-lab/GPT4IE/issues/3
  quota: {
    status: 429,
    body: openAiError(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
  },
};

// https://docs.anthropic.com/en/api/errors
export const ANTHROPIC: Answers = {
  ...COMMON,
  good: {
    status: 200,
    body: {
      data: [
        { type: 'model', id: 'claude-sonnet-4', display_name: 'Claude Sonnet 4', created_at: '2025-05-14T00:00:00Z' },
      ],
      has_more: false,
      first_id: 'claude-sonnet-4',
      last_id: 'claude-sonnet-4',
    },
  },
  bad: { status: 401, body: anthropicError('authentication_error', 'invalid x-api-key') },
  billing: {
    status: 402,
    body: anthropicError('billing_error', 'There is an issue with your billing or payment information.'),
  },
  permission: {
    status: 403,
    body: anthropicError('permission_error', 'Your API key does not have permission to use the specified resource.'),
  },
  // Quoted in the same words at portkey.ai/error-library/permission-error-10490: a network or region that is not served.
  region: { status: 403, body: { error: { type: 'forbidden', message: 'Request not allowed' } } },
  badrequest: { status: 400, body: anthropicError('invalid_request_error', 'anthropic-version: header is required') },
  notfound: { status: 404, body: anthropicError('not_found_error', 'Not found') },
  closed: { status: 403, body: anthropicError('permission_error', 'This organization has been disabled.') },
  // portkey.ai/error-library/account-billing-error-10155
  quota: {
    status: 400,
    body: anthropicError('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
  },
  ratelimited: {
    status: 429,
    body: anthropicError('rate_limit_error', 'This request would exceed your organization’s rate limit.'),
    headers: { 'retry-after': '11' },
  },
  broken: { status: 500, body: anthropicError('api_error', 'Internal server error') },
  overloaded: { status: 529, body: anthropicError('overloaded_error', 'Overloaded') },
};

// https://docs.cohere.com/reference/checkapikey; the 401 as in github.com/cohere-ai/cohere-toolkit/issues/857.
export const COHERE: Answers = {
  ...COMMON,
  good: { status: 200, body: { valid: true, organization_id: 'c0ffee00-0000', owner_id: 'c0ffee00-0001' } },
  bad: { status: 401, body: { message: 'invalid api token' } },
  restricted: { status: 200, body: { valid: false } },
  closed: { status: 403, body: { message: 'your account has been deactivated' } },
  notfound: { status: 404, body: { message: 'not found' } },
  badrequest: { status: 400, body: { message: 'bad request' } },
  quota: { status: 429, body: { message: 'you have exceeded your current quota' } },
  permission: { status: 403, body: { message: 'your organization does not have access to this resource' } },
  billing: {
    status: 402,
    body: { message: 'Please add or update your payment method at https://dashboard.cohere.com/billing' },
  },
  ratelimited: {
    status: 429,
    body: { message: 'You are using a Trial key, which is limited to 40 API calls / minute. KEY' },
  },
  broken: { status: 500, body: { message: 'internal server error' } },
};

// github.com/harshitv804/LawGPT/issues/4 (401), github.com/expectedparrot/edsl/issues/2098 (402),
// github.com/togethercomputer/MoA/issues/27 (429). The list is a bare array, and long.
export const TOGETHER: Answers = {
  ...COMMON,
  good: { status: 200, body: models(1_500) },
  bad: {
    status: 401,
    body: openAiError(
      'Invalid API key provided. You can find your API key at https://api.together.xyz/settings/api-keys.',
      'invalid_request_error',
      'invalid_api_key',
    ),
  },
  billing: {
    status: 402,
    body: {
      id: 'o3LiXw4-62bZhn',
      ...openAiError('Credit limit exceeded. Please navigate to the billing page to add credit.', 'credit_limit', null),
    },
  },
  ratelimited: {
    status: 429,
    body: openAiError('You have been rate limited. Your rate limit is 60 queries per minute.', 'credit_limit', null),
  },
};

// https://docs.perplexity.ai/api-reference/async-sonar-get. Bad keys as in github.com/openclaw/openclaw/issues/36182; its
// web server has also answered them with a page (github.com/perplexityai/api-discussion/issues/281).
export const PERPLEXITY: Answers = {
  ...COMMON,
  good: { status: 200, body: { next_token: null, requests: [] } },
  bad: {
    status: 401,
    body: {
      error: {
        message: 'Invalid API key provided. You can find your API key at https://www.perplexity.ai/settings/api. KEY',
        type: 'invalid_api_key',
        code: 401,
      },
    },
  },
  quota: {
    status: 401,
    body: {
      error: {
        message: 'You exceeded your current quota, please check your plan.',
        type: 'insufficient_quota',
        code: 401,
      },
    },
  },
};

// https://console.groq.com/docs/errors
export const GROQ: Answers = {
  ...COMMON,
  bad: {
    status: 401,
    body: { error: { message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' } },
  },
  permission: {
    status: 403,
    body: {
      error: { message: 'Not allowed for this project.', type: 'permissions_error', code: 'permission_blocked' },
    },
  },
  region: { status: 403, body: { error: { message: 'Access denied. Please check your network settings.' } } },
  // github.com/songquanpeng/one-api/issues/1764
  closed: {
    status: 400,
    body: {
      error: {
        message: 'Organization has been restricted. Please reach out to support if you believe this was in error.',
        type: 'invalid_request_error',
        code: 'organization_restricted',
      },
    },
  },
};
