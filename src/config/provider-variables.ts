// Variables of providers: which endpoints are allowed, how keys are tested, other addresses, the platform's own keys.
import { z } from 'zod';
import { integer, isAddressList, isPort, list, type Variables, webUrl } from './variable-schemas.ts';

/** Like keys of users: what an HTTP header can carry. */
const systemKey = (provider: string) =>
  ({
    schema: z.string().regex(/^[\x21-\x7e]{10,4096}$/, 'must be 10 to 4096 printable ASCII characters without spaces'),
    doc: `The platform’s own ${provider} key, for services that accept it where a user has none.`,
    secret: true,
  }) as const;

export const PROVIDER_VARIABLES = {
  CUSTOM_ENDPOINT_ALLOW: {
    schema: list.refine(isAddressList, 'must be host names, addresses or CIDR ranges, separated by commas'),
    doc: 'Host names, addresses or CIDR ranges inside your network that endpoints may point to, in spite of the ban on private addresses.',
    fallback: '',
  },
  CUSTOM_ENDPOINT_PORTS: {
    schema: list
      .refine((items) => items.every(isPort), 'must be port numbers separated by commas')
      .transform((items) => items.map(Number)),
    doc: 'Ports that endpoints may use. On the embedded default, plain http to this machine may use any from 1024 on as well.',
    fallback: '443,8443',
  },
  PROBE_TIMEOUT_SECONDS: {
    schema: integer(1, 60),
    doc: 'Longest wait for a provider when a key is tested.',
    fallback: '15',
  },
  PROBE_CA_FILE: {
    schema: z.string().min(1),
    doc: 'PEM file of a private certificate authority for providers behind a corporate proxy.',
  },
  BYOK_OPENAI_API_URL: {
    schema: webUrl('https://eu.api.openai.com/v1'),
    doc: 'Another address for OpenAI’s API.',
  },
  BYOK_ANTHROPIC_API_URL: {
    schema: webUrl('https://api.anthropic.com/v1'),
    doc: 'Another address for Anthropic’s API.',
  },
  BYOK_HUGGINGFACE_API_URL: {
    schema: webUrl('https://huggingface.co/api'),
    doc: 'Another address for HuggingFace’s API.',
  },
  BYOK_COHERE_API_URL: {
    schema: webUrl('https://api.cohere.com/v1'),
    doc: 'Another address for Cohere’s API.',
  },
  BYOK_TOGETHER_API_URL: {
    schema: webUrl('https://api.together.xyz/v1'),
    doc: 'Another address for Together AI’s API.',
  },
  BYOK_PERPLEXITY_API_URL: {
    schema: webUrl('https://api.perplexity.ai'),
    doc: 'Another address for Perplexity’s API.',
  },
  BYOK_GROQ_API_URL: {
    schema: webUrl('https://api.groq.com/openai/v1'),
    doc: 'Another address for Groq’s API.',
  },
  BYOK_OPENAI_SYSTEM_KEY: systemKey('OpenAI'),
  BYOK_ANTHROPIC_SYSTEM_KEY: systemKey('Anthropic'),
  BYOK_HUGGINGFACE_SYSTEM_KEY: systemKey('HuggingFace'),
  BYOK_COHERE_SYSTEM_KEY: systemKey('Cohere'),
  BYOK_TOGETHER_SYSTEM_KEY: systemKey('Together AI'),
  BYOK_PERPLEXITY_SYSTEM_KEY: systemKey('Perplexity AI'),
  BYOK_GROQ_SYSTEM_KEY: systemKey('Groq'),
} as const satisfies Variables;
