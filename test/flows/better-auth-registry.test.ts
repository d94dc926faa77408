import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import {
  type AskingAgent,
  type BetterAuthPlace,
  startBetterAuth,
} from '../support/better-auth-place.ts';
import { fetchByPublicName } from '../support/public-names.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const reason = 'CHG-4711';
const scopes = ['read:logs/production', 'read:logs/pii'];

let registry: RunningService;
let verifier: Verifier;

beforeAll(async () => {
  // better-auth takes no client_id on loopback.
  registry = await startRunningService({ https: true, baseUrl: 'https://id.acme.com' });
});

afterAll(() => registry[Symbol.asyncDispose]());

/** Onboards an agent that holds its key and may read production logs. */
async function onboard(handle: string): Promise<AskingAgent> {
  const owners = ['owner@acme.example'];
  const order = { handle, kind: 'agent', name: 'Billing Bot', owners, keyCustody: 'issued' };
  const { status, body } = await registry.call('POST', '/agents', order);
  expect(status).toBe(201);
  const issued = await registry.call('POST', `/agents/${handle}/credentials`, {
    type: 'allowed-actions',
    claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
    reason,
  });
  expect(issued.status).toBe(201);
  const clientId = String(body['clientId']);
  const redirectUri = clientId.replace('client.json', 'callback');
  return { clientId, redirectUri, privateJwk: body['privateJwk'] as AskingAgent['privateJwk'] };
}

async function startServer(metadataProfile?: 'mcp-2026-07-28'): Promise<BetterAuthPlace> {
  const { url, address, service } = registry;
  const { did: issuer } = service.organization;
  const clientIds = [`${url}/a/`];
  const credentialTypes = ['AgentAuthorizationCredential'];
  verifier = createVerifier({
    fetch: fetchByPublicName(new Map([[url, address]])),
    policy: { mode: 'enforce', trust: [{ issuer, clientIds, credentialTypes }] },
  });
  const machineScopes = scopes;
  const profile = metadataProfile && { metadataProfile };
  return startBetterAuth(verifier, { scopes, machineScopes, ...profile });
}

function tell(agent: AskingAgent): void {
  for (const list of ['1r', '1s']) verifier.invalidate(`${registry.url}/status/${list}`);
  verifier.invalidate(agent.clientId);
}

describe.each([
  ['default-bot', undefined],
  ['mcp-bot', 'mcp-2026-07-28'],
] as const)('an agent of the registry at better-auth: %s, profile %s', (handle, profile) => {
  it('gets what its papers permit, nothing while suspended, and nothing once retired', async () => {
    const agent = await onboard(handle);
    await using server = await startServer(profile);
    const ask = async () => {
      const grant = { grant_type: 'client_credentials' };
      const { error, scope } = await server.post('/oauth2/token', agent, grant);
      return error ?? scope;
    };
    const change = async (verb: string) => {
      const { status } = await registry.call('POST', `/agents/${handle}/${verb}`, { reason });
      expect(status).toBe(200);
      tell(agent);
    };
    expect(await ask()).toBe('read:logs/production');
    expect(await server.obtainToken(agent, 'read:logs/production')).toMatchObject({
      status: 200,
      scope: 'read:logs/production',
    });
    await change('suspend');
    expect(await ask()).toBe('invalid_client');
    await change('resume');
    expect(await ask()).toBe('read:logs/production');
    await change('retire');
    expect(await ask()).toBe('invalid_client');
  });
});
