import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verdict, Verifier } from '../../src/verifier/index.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const allowed = 'AgentAllowedActionsCredential';
const many = Array.from({ length: 40 }, (_, at) => ({ action: 'read', resource: `logs/${at}` }));
const accounts = {
  action: 'use',
  resource: 'accounts',
  authorizationDetails: [
    { type: 'account', actions: ['list', 'read'], locations: ['https://bank.example/accounts'] },
  ],
};

let service: RunningService;
let clientId: string;
let facet: string;

beforeAll(async () => {
  service = await startRunningService();
  const agent = await service.call('POST', '/agents', {
    handle: 'billing-bot',
    kind: 'agent',
    name: 'Billing Bot',
    owners: ['payments@acme.com'],
    keyCustody: 'issued',
  });
  clientId = String(agent.body['clientId']);
  const issued = await service.call('POST', '/agents/billing-bot/credentials', {
    type: 'allowed-actions',
    visibility: 'public',
    reason: 'CHG-4711',
    claims: { actions: [...many, accounts], denied: [{ action: 'read', resource: 'logs/7' }] },
  });
  expect(issued.status).toBe(201);
  facet = String(issued.body['id']);
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

function verifierFor(credentialTypes: readonly string[]): Verifier {
  const { host } = new URL(service.url);
  const issuer = `did:web:${host.replace(':', '%3A')}`;
  const entry = { issuer, clientIds: [`${service.url}/a/`], credentialTypes };
  const policy = { mode: 'enforce' as const, trust: [entry] };
  return createVerifier({ fetch: guardedFetch({ allowLoopback: true }), policy });
}

function facetCheck(verdict: Verdict) {
  return verdict.report.checks.find(({ id }) => id === 'credential.facets');
}

describe('an agent with more scopes than a passport has room for', () => {
  it('is granted what its published facet allows, and not what that denies', async () => {
    const verifier = verifierFor(['AgentAuthorizationCredential', allowed]);
    const verdict = await verifier.verifyClient(clientId, {
      scope: 'read:logs/0 read:logs/39 read:logs/7 read:logs/40',
    });
    expect(verdict.claims).not.toHaveProperty('authorizedScopes');
    expect(verdict.outcome).toBe('accepted');
    expect(verdict.granted).toEqual(['read:logs/0', 'read:logs/39']);
    expect(verdict.withheld).toEqual(['read:logs/7', 'read:logs/40']);
  });

  it('has its authorization details reduced to the papers (RFC 9396)', async () => {
    const verifier = verifierFor(['AgentAuthorizationCredential', allowed]);
    const { granted, withheld } = await verifier.verifyClient(clientId, {
      authorizationDetails: [{ type: 'account', actions: ['read', 'pay'] }, { type: 'payment' }],
    });
    expect(granted).toEqual([
      { type: 'account', actions: ['read'], locations: ['https://bank.example/accounts'] },
    ]);
    expect(withheld).toEqual([{ type: 'account', actions: ['pay'] }, { type: 'payment' }]);
  });

  it('is granted nothing by a facet of a type that the issuer is not trusted for', async () => {
    const verifier = verifierFor(['AgentAuthorizationCredential']);
    const verdict = await verifier.verifyClient(clientId, { scope: 'read:logs/0' });
    expect(verdict.granted).toEqual([]);
    expect(verdict.withheld).toEqual(['read:logs/0']);
    expect(facetCheck(verdict)).toMatchObject({
      outcome: 'warn',
      evidence: { refused: [{ reason: 'issuer-not-trusted' }] },
    });
  });

  it('loses it all once the facet is revoked', async () => {
    const verifier = verifierFor(['AgentAuthorizationCredential', allowed]);
    const asked = { scope: 'read:logs/0', authorizationDetails: [{ type: 'account' }] };
    expect((await verifier.verifyClient(clientId, asked)).granted).toHaveLength(2);
    const answer = await service.call('POST', `/credentials/${facet}/revoke`, { reason: 'over' });
    expect(answer.status).toBe(200);
    const fresh = verifierFor(['AgentAuthorizationCredential', allowed]);
    const verdict = await fresh.verifyClient(clientId, asked);
    expect(verdict.outcome).toBe('accepted');
    expect(verdict.granted).toEqual([]);
    expect(verdict.withheld).toEqual(['read:logs/0', { type: 'account' }]);
  });
});
