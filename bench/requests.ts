// What several benchmarks ask of the service.

const PROVIDERS = ['openai', 'anthropic', 'cohere', 'together', 'groq'];

export async function fetchOk(url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response;
}

/** @returns the Cookie header of the session. */
export async function signInDemo(url: string): Promise<string> {
  const response = await fetchOk(`${url}/auth/demo`, post({ email: 'starter@example.com' }));
  return (response.headers.getSetCookie()[0] ?? '').split(';', 1)[0] ?? '';
}

/** Five keys. */
export async function addKeys(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  for (const provider of PROVIDERS) await addKey(url, headers, provider);
}

export async function addKey(url: string, headers: Readonly<Record<string, string>>, provider: string): Promise<void> {
  await fetchOk(
    `${url}/api/v1/byok/keys/add`,
    post({ provider, key: `sk-bench-${provider}-0123456789abcdef0123456789` }, headers),
  );
}

const post = (body: object, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
