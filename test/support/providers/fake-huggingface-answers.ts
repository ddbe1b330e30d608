// What HuggingFace answers about a token, which is not a list of models but a description of the token.
import { type Answers, COMMON } from './fake-provider-behaviours.ts';

const whoami = (accessToken: object) => ({
  type: 'user',
  id: '65f0c0ffee',
  name: 'someone',
  fullname: 'Some One',
  isPro: false,
  orgs: [],
  auth: {
    type: 'access_token',
    accessToken: { displayName: 'byok', createdAt: '2025-01-01T00:00:00.000Z', ...accessToken },
  },
});

// https://huggingface.co/docs/hub/api and https://huggingface.co/docs/hub/security-tokens
export const HUGGINGFACE: Answers = {
  ...COMMON,
  good: {
    status: 200,
    body: whoami({
      role: 'fineGrained',
      fineGrained: {
        canReadGatedRepos: false,
        global: [],
        scoped: [
          { entity: { _id: '65f0c0ffee', type: 'user', name: 'someone' }, permissions: ['inference.serverless.write'] },
        ],
      },
    }),
  },
  bad: { status: 401, body: { error: 'Invalid user token.' } },
  restricted: {
    status: 200,
    body: whoami({
      role: 'fineGrained',
      fineGrained: {
        canReadGatedRepos: true,
        global: ['discussion.write'],
        scoped: [{ entity: { _id: '65f0c0ffee', type: 'user', name: 'someone' }, permissions: ['repo.content.read'] }],
      },
    }),
  },
  permission: { status: 403, body: { error: 'This authentication method does not have sufficient permissions' } },
  closed: { status: 403, body: { error: 'Access to this account has been deactivated' } },
  notfound: { status: 404, body: { error: 'Sorry, we can’t find the page you are looking for.' } },
  badrequest: { status: 400, body: { error: 'Bad Request' } },
  billing: { status: 402, body: { error: 'You have exceeded your monthly included credits for Inference Providers.' } },
  quota: { status: 429, body: { error: 'You have exceeded your current quota' } },
  ratelimited: {
    status: 429,
    body: { error: 'We had to rate limit you, you hit the quota of 500 api requests per 5 minutes.' },
  },
  broken: { status: 500, body: { error: 'Internal Error - We are working hard to fix this as soon as possible!' } },
};
