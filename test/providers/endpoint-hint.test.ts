import { expect, test } from 'vitest';
import { mayBeRepeated, meantEndpoint } from '../../src/providers/endpoint-hint.ts';

const BASE = 'https://llm.example.com/v1';

test.each([
  'https://llm.example.com/v1/chat/completions',
  'https://llm.example.com/v1/chat/completions/',
  'https://llm.example.com/v1/chat/completions?model=x',
  'https://llm.example.com/v1/completions',
  'https://llm.example.com/v1/embeddings',
  'https://llm.example.com/v1/responses',
  'https://llm.example.com/v1/models',
  'https://llm.example.com/v1/models//',
  'https://llm.example.com/v1/messages',
  'https://llm.example.com/v1/images/generations',
  'https://llm.example.com/v1/audio/transcriptions',
  'https://llm.example.com/v1/Chat/Completions',
  'https://llm.example.com/v1/v1',
  'https://llm.example.com/v1/v1/',
  'https://llm.example.com/v1/v1/v1',
  'https://llm.example.com/v1/v1/chat/completions',
  'https://llm.example.com/v1/chat/completions/chat/completions',
  '  https://LLM.example.com/v1/models\n',
])('%j means the base address', (text) => {
  expect(meantEndpoint(text)).toBe(BASE);
});

test('keeps port, path and scheme', () => {
  expect(meantEndpoint('http://localhost:11434/v1/chat/completions')).toBe('http://localhost:11434/v1');
  expect(meantEndpoint('https://llm.example.com/team/a/v1beta/v1beta/models')).toBe(
    'https://llm.example.com/team/a/v1beta',
  );
  expect(meantEndpoint('https://api.perplexity.ai/chat/completions')).toBe('https://api.perplexity.ai');
});

test.each([
  BASE,
  'https://llm.example.com',
  'https://llm.example.com/v1/',
  'https://llm.example.com/v1/v2',
  'https://llm.example.com/models/v1',
  'https://llm.example.com/mymodels',
  'https://models.example.com/v1',
  'nonsense',
  '',
  '//llm.example.com/v1/models',
  'javascript:/v1/models',
])('%j needs no correction', (text) => {
  expect(meantEndpoint(text)).toBeUndefined();
});

test.each([
  BASE,
  'https://llm2.eu-west-1.example.com/openai/v1beta1',
  'https://gateway.example.com/team_a/API/compatible-mode/v1',
  'http://localhost:11434/v1',
])('%s may be repeated', (address) => {
  expect(mayBeRepeated(new URL(address))).toBe(true);
});

// Keys in a path or a host name, some of them in pieces that are short.
test.each([
  'https://llm.example.com/v1/sk-0123456789abcdef',
  'https://llm.example.com/FznQK%25t4lyQXq!WonW7s%25BmuZ6pL',
  'https://llm.example.com/QXq!Won~W7s;Bmu/v1',
  'https://llm.example.com/a1b2c3d4-e5f6-7a8b-9c0d',
  'https://llm.example.com/Ab3d_Ef5g_Hi7j_Kl9m',
  'https://llm.example.com/0123456789',
  'https://llm.example.com/%61%62%63',
  'https://a1b2c3d4e5f6.example.com/v1',
])('%s may not', (address) => {
  expect(mayBeRepeated(new URL(address))).toBe(false);
});
