// Where each fake provider answers, as in the provider table.
import { HUGGINGFACE } from './fake-huggingface-answers.ts';
import { ANTHROPIC, COHERE, GROQ, OPENAI, PERPLEXITY, TOGETHER } from './fake-provider-answers.ts';
import { type Answers, COMMON } from './fake-provider-behaviours.ts';

export interface FakeRoute {
  readonly method: string;
  /** Where the provider's API begins below the fake's own address, as in the provider table. */
  readonly base: string;
  readonly path: string;
  /** Where the same moved to, for keys with `moved`. */
  readonly movedTo?: string;
  readonly answers: Answers;
}

export const ROUTES: ReadonlyMap<string, FakeRoute> = new Map([
  ['openai', { method: 'GET', base: '/openai/v1', path: '/models', answers: OPENAI }],
  ['anthropic', { method: 'GET', base: '/anthropic/v1', path: '/models', answers: ANTHROPIC }],
  ['huggingface', { method: 'GET', base: '/huggingface/api', path: '/whoami-v2', answers: HUGGINGFACE }],
  ['cohere', { method: 'POST', base: '/cohere/v1', path: '/check-api-key', answers: COHERE }],
  ['together', { method: 'GET', base: '/together/v1', path: '/models', answers: TOGETHER }],
  [
    'perplexity',
    {
      method: 'GET',
      base: '/perplexity',
      path: '/async/chat/completions',
      movedTo: '/v1/async/sonar',
      answers: PERPLEXITY,
    },
  ],
  ['groq', { method: 'GET', base: '/groq/openai/v1', path: '/models', answers: GROQ }],
  ['custom', { method: 'GET', base: '/custom/v1', path: '/models', answers: COMMON }],
  // Somebody's server that asks nobody for a key: whatever comes in is answered with the list.
  ['open', { method: 'GET', base: '/open/v1', path: '/models', answers: COMMON }],
]);
