import { expect, test } from 'vitest';
import { meantEndpoint } from '../../src/providers/endpoint-hint.ts';

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
