import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentUse } from '../../../src/verifier/adapters/better-auth.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import type { FetchOutcome, TrustPolicy, Verifier } from '../../../src/verifier/ports.ts';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../../support/agent-world.ts';
import {
  type BetterAuthPlace,
  type BetterAuthPlaceOptions,
  startBetterAuth,
} from '../../support/better-auth-place.ts';
import { fetchByPublicName } from '../../support/public-names.ts';

const scopes = ['openid', 'read:logs/production', 'read:logs/pii'];
const papers = { handle: 'triage-bot', authorizedScopes: ['read:logs/production'] } as const;
const client = '/a/triage-bot/client.json';

let world: AgentWorld;
let verifier: Verifier;
let agent: WorldAgent;
let server: BetterAuthPlace;
let uses: (AgentUse & { readonly reason: string | null })[];

beforeEach(async () => {
  // better-auth takes no client_id on loopback.
  world = await startAgentWorld({ origin: 'https://id.acme.com' });
  agent = await world.publish(papers);
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function start(
  options: Partial<BetterAuthPlaceOptions> = {},
  mode: TrustPolicy['mode'] = 'enforce',
): Promise<void> {
  uses = [];
  const fetch = fetchByPublicName(new Map([[world.origin, world.address]]));
  verifier = createVerifier({ fetch, policy: { mode, trust: [world.trust] } });
  server = await startBetterAuth(verifier, {
    scopes,
    ownScopes: ['openid'],
    onVerdict: ({ reason }, use) => uses.push({ ...use, reason }),
    ...options,
  });
}

/** The agent asks for a token for itself. */
function askForItself(scope?: string) {
  const grant = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) };
  return server.post('/oauth2/token', agent, grant);
}

function askedFor(path: string): number {
  return world.requests.filter((asked) => asked === path).length;
}

/** Publishes another document at the agent's URL, and tells the verifier. */
function swap(change: { readonly [member: string]: unknown }): void {
  const body = JSON.stringify({ ...world.documentAt(client), ...change });
  world.serve(client, { type: 'application/json', body, maxAgeS: 300 });
  verifier.invalidate(agent.clientId);
}

async function suspend(): Promise<void> {
  await world.mark(agent, 'suspension', true);
  for (const url of world.lists) verifier.invalidate(url);
}

describe.each([undefined, 'mcp-2026-07-28'] as const)(
  'better-auth with the profile %s',
  (profile) => {
    it('takes an agent as a client, by code and consent', async () => {
      await start(profile && { metadataProfile: profile });
      const answer = await server.obtainToken(agent, 'openid read:logs/production');
      expect(answer).toMatchObject({ status: 200, scope: 'openid read:logs/production' });
      expect(server.clients()).toMatchObject([
        { clientId: agent.clientId, name: 'triage-bot', redirectUris: [agent.redirectUri] },
      ]);
      expect(uses.at(-1)).toEqual({
        clientId: agent.clientId,
        allowed: true,
        differing: [],
        reason: null,
      });
    });

    it('refuses one whose document was swapped, and the redirect that only that one names', async () => {
      await start(profile && { metadataProfile: profile });
      swap({ redirect_uris: ['https://evil.example/'] });
      const evil = { ...agent, redirectUri: 'https://evil.example/' };
      const answer = await server.authorize(evil, 'openid');
      expect([answer.error, answer.location?.origin]).toEqual([
        'invalid_client',
        new URL(server.url).origin,
      ]);
      expect(server.clients()).toEqual([]);
      expect(uses.at(-1)?.reason).toBe('document-digest-mismatch');
    });
  },
);

describe('a client of better-auth', () => {
  it('has scopes that its papers permit, and no others', async () => {
    await start();
    const answer = await server.authorize(agent, 'read:logs/production read:logs/pii');
    expect(answer.error).toBe('invalid_scope');
    expect(answer.location?.href).toMatch(/^https:\/\/id\.acme\.com\/a\/triage-bot\/callback\?/);
  });

  it('has no scope for itself unless the operator says so', async () => {
    await start();
    expect(await askForItself()).toMatchObject({ status: 400, error: 'unauthorized_client' });
  });

  it('has for itself what the operator offers, as far as its papers permit', async () => {
    await start({ machineScopes: ['read:logs/production', 'read:logs/pii'] });
    expect(await askForItself()).toMatchObject({ status: 200, scope: 'read:logs/production' });
    expect(await askForItself('read:logs/pii')).toMatchObject({ error: 'invalid_scope' });
  });

  it('has for itself what was configured for it, as far as its papers permit', async () => {
    await start();
    await server.authorize(agent, 'openid');
    for (const stored of server.clients()) stored.clientCredentialsScopes = scopes.slice(1);
    expect(await askForItself()).toMatchObject({ status: 200, scope: 'read:logs/production' });
    expect(server.clients()).toMatchObject([{ clientCredentialsScopes: scopes.slice(1) }]);
  });

  it('is read once: document and keys are those that were judged', async () => {
    await start({ machineScopes: ['read:logs/production'] });
    await askForItself();
    await askForItself();
    expect([askedFor(client), askedFor('/a/triage-bot/jwks.json')]).toEqual([1, 1]);
  });

  it('is refused with a key that its papers do not name', async () => {
    await start({ machineScopes: ['read:logs/production'] });
    const other = await world.publish({ ...papers, handle: 'other-bot' });
    const { privateJwk } = other;
    const grant = { grant_type: 'client_credentials' };
    const answer = await server.post('/oauth2/token', { ...agent, privateJwk }, grant);
    expect(answer).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  it('loses a key at once, though the server saw it a moment ago', async () => {
    await start({ machineScopes: ['read:logs/production'] });
    expect(await askForItself()).toMatchObject({ status: 200 });
    const rotated = await world.publish(papers);
    for (const url of [agent.clientId, agent.clientId.replace('client', 'jwks')]) {
      verifier.invalidate(url);
    }
    expect(await askForItself()).toMatchObject({ status: 401, error: 'invalid_client' });
    agent = rotated;
    expect(await askForItself()).toMatchObject({ status: 200 });
  });

  it('is as its issuer changed it, at the next use', async () => {
    await start();
    await server.authorize(agent, 'openid');
    const second = `${world.origin}/a/triage-bot/second`;
    await world.publish({ ...papers, redirectUris: [second] });
    for (const url of [agent.clientId, agent.clientId.replace('client', 'jwks')]) {
      verifier.invalidate(url);
    }
    expect((await server.authorize(agent, 'openid')).error).toBe('invalid_redirect');
    const moved = await server.authorize({ ...agent, redirectUri: second }, 'openid');
    expect([moved.error, moved.location?.pathname]).toEqual([null, '/consent']);
    expect(server.clients()).toMatchObject([{ redirectUris: [second] }]);
  });

  it('is not written again while its document is the same', async () => {
    await start();
    await server.authorize(agent, 'openid');
    const [stored] = server.clients();
    Object.assign(stored ?? {}, { name: 'as it was left' });
    expect((await server.authorize(agent, 'openid')).error).toBeNull();
    expect(server.clients()).toMatchObject([{ name: 'as it was left' }]);
  });

  it('is written anew where another process left something else', async () => {
    await start();
    await server.authorize(agent, 'openid');
    const [stored] = server.clients();
    Object.assign(stored ?? {}, { redirectUris: ['https://evil.example/'] });
    expect((await server.authorize(agent, 'openid')).error).toBeNull();
    expect(server.clients()).toMatchObject([{ redirectUris: [agent.redirectUri] }]);
  });
});

describe('a client that is suspended after it got a token', () => {
  it('gets no other, and the token is worth nothing to the server', async () => {
    await start({ machineScopes: ['read:logs/production'] });
    const { body } = await server.obtainToken(agent, 'openid');
    const token = body['access_token'];
    expect(await server.userinfo(token)).toMatchObject({ status: 200 });
    await suspend();
    expect(await askForItself()).toMatchObject({ status: 400, error: 'invalid_client' });
    expect(uses.at(-1)).toMatchObject({ allowed: false, reason: 'status-suspended' });
    expect(await server.userinfo(token)).toMatchObject({ status: 401 });
  });
});

describe('a client of which the verifier cannot find out', () => {
  it('is told to come back', async () => {
    await start({ machineScopes: ['read:logs/production'] });
    const mend = world.breakBelow('/status/');
    expect(await askForItself()).toMatchObject({ status: 503, error: 'temporarily_unavailable' });
    expect(await server.authorize(agent, 'openid')).toMatchObject({
      status: 503,
      error: 'temporarily_unavailable',
    });
    mend();
    expect(await askForItself()).toMatchObject({ status: 200 });
  });

  it('is told to come back when its keys cannot be read a second time', async () => {
    await start({ machineScopes: ['read:logs/production'] });
    await askForItself();
    const read = verifier.read;
    const failed: FetchOutcome = { ok: false, failure: 'failed', detail: 'gone' };
    Object.assign(verifier, {
      read: (url: string) => (url.endsWith('/jwks.json') ? Promise.resolve(failed) : read(url)),
    });
    expect(await askForItself()).toMatchObject({ status: 503 });
  });
});

describe('a policy that only monitors', () => {
  it('reports what it would refuse, and lets it have what the server grants', async () => {
    await start({ machineScopes: ['read:logs/production'] }, 'monitor');
    await suspend();
    const answer = await server.obtainToken(agent, 'openid read:logs/pii');
    expect(answer).toMatchObject({ status: 200, scope: 'openid read:logs/pii' });
    expect(uses.at(-1)).toMatchObject({ allowed: true, reason: 'status-suspended' });
  });

  it('has others read what the verifier may not', async () => {
    const urls: string[] = [];
    const document = {
      ...world.documentAt(client),
      client_id: 'https://id.other.com/a/client.json',
    };
    await start(
      {
        fetch: (input) => {
          urls.push(String(input));
          const keys = { jwks_uri: 'https://id.other.com/a/jwks.json' };
          const page = { ...document, ...keys, client_uri: 'https://id.other.com/' };
          return Promise.resolve(Response.json(page));
        },
      },
      'monitor',
    );
    const stranger = { ...agent, clientId: document.client_id };
    expect((await server.authorize(stranger, 'openid')).location?.pathname).toBe('/consent');
    expect(urls).toContain(stranger.clientId);
    expect(uses.at(-1)).toMatchObject({ allowed: true, reason: 'issuer-not-trusted' });
  });
});

describe('a client that is not in the policy', () => {
  it('is refused, whoever could read it', async () => {
    const urls: string[] = [];
    const fetch = (input: string | URL | Request) => {
      urls.push(String(input));
      return Promise.reject(new TypeError('no'));
    };
    await start({ fetch });
    const stranger = { ...agent, clientId: 'https://id.other.com/a/client.json' };
    expect((await server.authorize(stranger, 'openid')).error).toBe('invalid_client');
    expect(urls).toEqual([]);
  });
});
