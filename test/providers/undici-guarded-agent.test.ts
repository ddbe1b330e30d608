import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAddressPolicy } from '../../src/providers/address-policy.ts';
import { type HostAddress, systemResolver } from '../../src/providers/host-addresses.ts';
import {
  createGuardedAgent,
  type GuardedAgentOptions,
  RefusedAddress,
} from '../../src/providers/undici-guarded-agent.ts';
import { type CanaryListener, startCanaryListener } from '../support/providers/canary-listener.ts';
import { FORBIDDEN_ENDPOINTS } from '../support/providers/forbidden-endpoints.ts';

// 127.0.0.2 plays the public host, 127.0.0.1 the forbidden one: both exist on every Linux machine, and no packet leaves it.
let canary: CanaryListener;
let allowed: Server;
let agents: Agent[];

beforeEach(async () => {
  agents = [];
  allowed = createServer((_request, response) => response.setHeader('connection', 'close').end('allowed'));
  await new Promise<void>((resolve) => allowed.listen(0, '127.0.0.2', resolve));
  canary = await startCanaryListener('127.0.0.1', (allowed.address() as AddressInfo).port);
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.destroy()));
  allowed.closeAllConnections();
  await new Promise((resolve) => allowed.close(resolve));
  await canary.close();
});

function agentWith(options: Partial<GuardedAgentOptions> & { allow?: readonly string[] }): Agent {
  const policy = createAddressPolicy(options.allow ?? []);
  const agent = createGuardedAgent({ policy, connectTimeoutMs: 2_000, resolve: systemResolver, ...options });
  agents.push(agent);
  return agent;
}

const v4 = (address: string): HostAddress => ({ address, family: 4 });

/** What came of a request to `host`: the body, or the error's code. */
async function outcome(dispatcher: Agent, host: string): Promise<string> {
  try {
    const { body } = await request(`http://${host}:${canary.port}/`, {
      dispatcher,
      signal: AbortSignal.timeout(5_000),
    });
    return await body.text();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe('an agent that guards its connections', () => {
  test('connects to a permitted address', async () => {
    expect(await outcome(agentWith({ allow: ['127.0.0.2'] }), '127.0.0.2')).toBe('allowed');
  });

  test('refuses literal addresses, in whatever spelling, before connecting', async () => {
    const agent = agentWith({});
    const literals = FORBIDDEN_ENDPOINTS.map((text) => new URL(text).hostname).filter((host) => /^[[\d]/.test(host));
    expect(literals.length).toBeGreaterThanOrEqual(60);
    const outcomes = await Promise.all(literals.map((host) => outcome(agent, host)));
    expect(new Set(outcomes)).toEqual(new Set(['ERR_REFUSED_ADDRESS']));
    expect(canary.connections()).toBe(0);
  });

  test('refuses a name that resolves to forbidden addresses only, with the operating system’s resolver', async () => {
    expect(await outcome(agentWith({ allow: ['127.0.0.2'] }), 'localhost')).toBe('ERR_REFUSED_ADDRESS');
    expect(canary.connections()).toBe(0);
  });

  test('a name server that alternates its answers never gets a connection to the forbidden address', async () => {
    let lookups = 0;
    const resolve = async () => [v4(lookups++ % 2 === 0 ? '127.0.0.2' : '127.0.0.1')];
    const agent = agentWith({ allow: ['127.0.0.2'], resolve });
    const outcomes: string[] = [];
    for (let round = 0; round < 20; round += 1) outcomes.push(await outcome(agent, 'rebind.example.com'));
    expect(outcomes).toEqual(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 'allowed' : 'ERR_REFUSED_ADDRESS')));
    expect(lookups).toBe(20);
    expect(canary.connections()).toBe(0);
  });

  test('where a name has both kinds of addresses, only the permitted ones are tried', async () => {
    const resolve = async () => [v4('127.0.0.1'), { address: '::1', family: 6 }, v4('127.0.0.2'), v4('10.0.0.1')];
    const agent = agentWith({ allow: ['127.0.0.2'], resolve });
    for (let round = 0; round < 5; round += 1) expect(await outcome(agent, 'mixed.example.com')).toBe('allowed');
    expect(canary.connections()).toBe(0);
  });

  test('the canary does hear a connection that the operator allows', async () => {
    const resolve = async () => [v4('127.0.0.1')];
    const agent = agentWith({ allow: ['ollama.lan'], resolve });
    const pending = outcome(agent, 'ollama.lan');
    await expect.poll(() => canary.connections(), { timeout: 5_000 }).toBe(1);
    await agent.destroy();
    await pending;
  });

  test('an empty answer and a failing resolver are errors, not connections', async () => {
    expect(await outcome(agentWith({ resolve: async () => [] }), 'empty.example.com')).toBe('ERR_REFUSED_ADDRESS');
    const failure = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    expect(await outcome(agentWith({ resolve: () => Promise.reject(failure) }), 'none.example.com')).toBe('ENOTFOUND');
  });

  test('a resolver that hands out something other than an address is refused', async () => {
    for (const address of ['localhost', '127.1', '/var/run/docker.sock', ''])
      expect(await outcome(agentWith({ resolve: async () => [v4(address)] }), 'odd.example.com')).toBe(
        'ERR_REFUSED_ADDRESS',
      );
  });

  test('the error says nothing about the host or the request', () => {
    expect(new RefusedAddress().message).toBe('the address is not permitted');
  });

  test('a file without a certificate is refused as an authority', () => {
    expect(() => agentWith({ extraCa: 'not a certificate' })).toThrow('the file holds no PEM certificate');
  });
});
