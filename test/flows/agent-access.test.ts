import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followConsent } from '../../src/demo/follow-consent.ts';
import { startAgentWorld, type WorldAgent } from '../support/agent-world.ts';
import {
  type Flow,
  outcomeOf,
  type ProtectedPlace,
  startProtectedPlace,
} from '../support/protected-place.ts';

const flows: readonly Flow[] = ['client credentials', 'authorization code'];
const papers = { handle: 'triage-bot', authorizedScopes: ['read:logs/production'] } as const;

let place: ProtectedPlace;

beforeEach(async () => {
  place = await startProtectedPlace();
});

afterEach(async () => {
  await place[Symbol.asyncDispose]();
});

function lastReason(): string | null | undefined {
  return place.verdicts.at(-1)?.verdict.reason;
}

describe.each(flows)('an agent through the MCP SDK, by %s', (flow) => {
  it('gets a token with the permitted scope and no other', async () => {
    const agent = await place.world.publish(papers);
    const client = place.clientOf(agent, flow);
    expect(await client.requestToken()).toEqual({
      granted: true,
      scopes: ['read:logs/production'],
    });
    expect(place.verdicts.at(-1)).toMatchObject({
      verdict: { outcome: 'accepted' },
      use: { clientId: agent.clientId, allowed: true, differing: [] },
    });
    expect(await client.callTool('read_logs')).toMatchObject({ status: 200, reason: null });
    expect(await client.callTool('read_pii')).toEqual({
      status: 403,
      text: null,
      reason: 'insufficient_scope',
    });
  });

  it('is refused while suspended, at both servers, and accepted once resumed', async () => {
    const { world } = place;
    const agent = await world.publish(papers);
    const client = place.clientOf(agent, flow);
    await client.requestToken();
    expect(await client.callTool('read_logs')).toMatchObject({ status: 200 });

    await world.mark(agent, 'suspension', true);
    place.spread();
    expect(outcomeOf(await client.requestToken())).toBe('invalid_client');
    expect(lastReason()).toBe('status-suspended');
    expect(await client.callTool('read_logs')).toEqual({
      status: 403,
      text: null,
      reason: 'status-suspended',
    });

    await world.mark(agent, 'suspension', false);
    place.spread();
    expect(await client.callTool('read_logs')).toMatchObject({ status: 200 });
    expect(outcomeOf(await client.requestToken())).toBe('read:logs/production');
  });

  it('is refused once revoked', async () => {
    const agent = await place.world.publish(papers);
    const client = place.clientOf(agent, flow);
    await client.requestToken();
    await place.world.mark(agent, 'revocation', true);
    place.spread();
    expect(outcomeOf(await client.requestToken())).toBe('invalid_client');
    expect(lastReason()).toBe('status-revoked');
    expect(await client.callTool('read_logs')).toMatchObject({
      status: 403,
      reason: 'status-revoked',
    });
  });

  it('is refused when the CDN swaps its redirect_uris, also after the server has seen it', async () => {
    const { world } = place;
    const agent = await world.publish(papers);
    const client = place.clientOf(agent, flow);
    expect(outcomeOf(await client.requestToken())).toBe('read:logs/production');
    const swapped = {
      ...world.documentAt('/a/triage-bot/client.json'),
      redirect_uris: [agent.redirectUri, `${world.origin}/evil`],
    };
    const body = JSON.stringify(swapped);
    world.serve('/a/triage-bot/client.json', { type: 'application/json', body, maxAgeS: 300 });
    place.spread(agent);
    expect(outcomeOf(await client.requestToken())).toBe('invalid_client');
    expect(lastReason()).toBe('document-digest-mismatch');
  });

  it('is not refused for a document that its issuer changed', async () => {
    const { world } = place;
    const before = await world.publish(papers);
    const client = place.clientOf(before, flow);
    expect(outcomeOf(await client.requestToken())).toBe('read:logs/production');
    const after = await world.publish({
      ...papers,
      authorizedScopes: ['read:logs/production', 'read:logs/pii'],
      redirectUris: [before.redirectUri, `${world.origin}/a/triage-bot/second`],
      privateJwk: before.privateJwk,
    });
    place.spread(after);
    expect(outcomeOf(await client.requestToken())).toBe('read:logs/production read:logs/pii');
    expect(await client.callTool('read_pii')).toMatchObject({ status: 200, text: 'customer 4711' });
  });

  it('is told to come back when its status cannot be read', async () => {
    const { world } = place;
    const agent = await world.publish(papers);
    const client = place.clientOf(agent, flow);
    await client.requestToken();
    const mend = world.breakBelow('/status/');
    place.spread();
    expect(outcomeOf(await client.requestToken())).toBe('temporarily_unavailable');
    expect(lastReason()).toBe('status-unavailable');
    expect(await client.callTool('read_logs')).toMatchObject({
      status: 503,
      reason: 'status-unavailable',
    });
    mend();
    place.spread();
    expect(outcomeOf(await client.requestToken())).toBe('read:logs/production');
  });

  it('is refused with a key that its papers do not name', async () => {
    const agent = await place.world.publish(papers);
    const other = await place.world.publish({ ...papers, handle: 'other-bot' });
    const client = place.clientOf({ ...agent, privateJwk: other.privateJwk }, flow);
    expect(outcomeOf(await client.requestToken())).toBe('invalid_client');
  });
});

describe('an agent whose papers permit nothing of what it asks for', () => {
  it.each([
    ['client credentials', ''],
    ['authorization code', 'access_denied'],
  ] as const)('gets no scope by %s', async (flow, outcome) => {
    const agent = await place.world.publish({ ...papers, authorizedScopes: ['write:tickets'] });
    expect(outcomeOf(await place.clientOf(agent, flow).requestToken())).toBe(outcome);
  });
});

describe('an agent of an issuer that is not in the policy', () => {
  it.each(flows)('is refused by %s without one request to its host', async (flow) => {
    const elsewhere = await startAgentWorld();
    try {
      const stranger = await elsewhere.publish(papers);
      expect(outcomeOf(await place.clientOf(stranger, flow).requestToken())).toBe('invalid_client');
      expect(lastReason()).toBe('issuer-not-trusted');
      expect(elsewhere.requests).toEqual([]);
    } finally {
      await elsewhere[Symbol.asyncDispose]();
    }
  });
});

describe('the authorization endpoint', () => {
  it('does not redirect to an address that only a swapped document names', async () => {
    const { world, issuer, resource } = place;
    const agent = await world.publish(papers);
    const evil = `${world.origin}/evil`;
    const swapped = { ...world.documentAt('/a/triage-bot/client.json'), redirect_uris: [evil] };
    const body = JSON.stringify(swapped);
    world.serve('/a/triage-bot/client.json', { type: 'application/json', body, maxAgeS: 300 });
    const url = new URL('/auth', issuer);
    url.search = new URLSearchParams({
      client_id: agent.clientId,
      redirect_uri: evil,
      response_type: 'code',
      scope: 'read:logs/production',
      resource,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }).toString();
    const response = await fetch(url, { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(await response.json()).toMatchObject({ error: 'invalid_client' });
  });
});

describe('an authorization request without a scope', () => {
  const agree = (agent: WorldAgent): Promise<string> => {
    const { issuer, resource } = place;
    const { clientId, redirectUri } = agent;
    const authorizationUrl = new URL('/auth', issuer);
    authorizationUrl.search = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      state: 'a-state',
      resource,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }).toString();
    return followConsent({ authorizationUrl, redirectUri, issuer, state: 'a-state' });
  };

  it('is one for all that the papers permit of the resource', async () => {
    expect(await agree(await place.world.publish(papers))).toMatch(/^[\w-]{43}$/);
  });

  it('is one for nothing where the papers permit nothing', async () => {
    const agent = await place.world.publish({ ...papers, authorizedScopes: ['write:tickets'] });
    await expect(agree(agent)).rejects.toMatchObject({ errorCode: 'access_denied' });
  });
});

describe('octets', () => {
  it('are read once for both the verdict and the server', async () => {
    const agent = await place.world.publish(papers);
    await place.clientOf(agent, 'client credentials').requestToken();
    const documents = place.world.requests.filter((path) => path.startsWith('/a/triage-bot/'));
    expect(documents.sort()).toEqual(['/a/triage-bot/client.json', '/a/triage-bot/jwks.json']);
  });
});
