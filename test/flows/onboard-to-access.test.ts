import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import type { Verdict } from '../../src/verifier/verdict.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

let running: RunningService;
let verifier: Verifier;
let clientId: string;

const reason = { reason: 'CHG-4711' };
const scope = 'read:logs/production read:logs/pii';

beforeAll(async () => {
  running = await startRunningService();
  const { organization } = running.service;
  verifier = createVerifier({
    fetch: guardedFetch({ allowLoopback: true }),
    policy: {
      mode: 'enforce',
      trust: [
        {
          issuer: organization.did,
          clientIds: [`${running.url}/a/`],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    },
  });
  const answer = await running.call('POST', '/agents', {
    handle: 'triage-bot',
    kind: 'agent',
    name: 'Triage bot',
    owners: ['owner@acme.example'],
    keyCustody: 'issued',
  });
  expect(answer.status).toBe(201);
  expect(answer.body['privateJwk']).toMatchObject({ kty: 'EC', crv: 'P-256' });
  clientId = String(answer.body['clientId']);
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

/** The verdict of a verifier that was told that everything about the agent may have changed. */
async function verdict(): Promise<Verdict> {
  const base = clientId.replace('client.json', '');
  for (const path of [clientId, `${base}jwks.json`]) verifier.invalidate(path);
  for (const list of ['1r', '1s']) verifier.invalidate(`${running.url}/status/${list}`);
  return verifier.verifyClient(clientId, { scope });
}

async function issue(type: string, claims: unknown): Promise<string> {
  const order = { type, claims, ...reason };
  const answer = await running.call('POST', '/agents/triage-bot/credentials', order);
  expect(answer.status).toBe(201);
  return String(answer.body['id']);
}

describe('an agent of the registry, as a verifier sees it', () => {
  it('has papers from its first moment, which permit nothing', async () => {
    const first = await verdict();
    expect([first.outcome, first.reason]).toEqual(['accepted', null]);
    expect(first.granted).toEqual([]);
    expect(first.withheld).toEqual(['read:logs/production', 'read:logs/pii']);
  });

  it('is granted what a credential allows, and never what one denies', async () => {
    await issue('allowed-actions', {
      actions: [{ action: 'read', resource: 'logs/production' }],
      denied: [{ action: 'read', resource: 'logs/pii' }],
    });
    await issue('allowed-actions', { actions: [{ action: 'read', resource: 'logs/pii' }] });
    const second = await verdict();
    expect(second.granted).toEqual(['read:logs/production']);
    expect(second.withheld).toEqual(['read:logs/pii']);
  });

  it('loses a permission with the credential that gave it, and gets it back with it', async () => {
    const id = await issue('allowed-actions', {
      actions: [{ action: 'write', resource: 'tickets' }],
    });
    const scopes = async () =>
      ((await verdict()).claims as { authorizedScopes?: readonly string[] }).authorizedScopes;
    expect(await scopes()).toContain('write:tickets');
    const suspended = await running.call('POST', `/credentials/${id}/suspend`, reason);
    expect(suspended.body).toMatchObject({ state: 'suspended' });
    expect(await scopes()).not.toContain('write:tickets');
    const resumed = await running.call('POST', `/credentials/${id}/resume`, reason);
    expect(resumed.body).toMatchObject({ state: 'active' });
    expect(await scopes()).toContain('write:tickets');
    await running.call('POST', `/credentials/${id}/revoke`, reason);
    expect(await scopes()).not.toContain('write:tickets');
  });

  it('a former passport is revoked when papers narrow, so that replaying it is refused', async () => {
    const id = await issue('allowed-actions', {
      actions: [{ action: 'write', resource: 'tickets' }],
    });
    const document = (await (await fetch(clientId)).json()) as { 'vc+jwt': string };
    expect((await verifier.verifyCredential(document['vc+jwt'])).outcome).toBe('accepted');
    await running.call('POST', `/credentials/${id}/revoke`, reason);
    verifier.invalidate(`${running.url}/status/1r`);
    const replayed = await verifier.verifyCredential(document['vc+jwt']);
    expect([replayed.outcome, replayed.reason]).toEqual(['rejected', 'status-revoked']);
    expect((await verdict()).outcome).toBe('accepted');
  });

  it('keeps its papers in step with its profile', async () => {
    const changed = await running.call('PATCH', '/agents/triage-bot', {
      version: '2.0.0',
      redirectUris: [`${running.url}/a/triage-bot/callback`, 'https://acme.example/cb'],
    });
    expect(changed.status).toBe(200);
    const after = await verdict();
    expect(after.outcome).toBe('accepted');
    expect(after.client?.redirectUris).toContain('https://acme.example/cb');
    expect(after.claims).toMatchObject({ agentVersion: '2.0.0' });
  });

  it('is refused while suspended and accepted again once resumed', async () => {
    const suspended = await running.call('POST', '/agents/triage-bot/suspend', reason);
    expect(suspended.body).toMatchObject({ state: 'suspended' });
    const refused = await verdict();
    expect([refused.outcome, refused.reason]).toEqual(['rejected', 'status-suspended']);
    const page = await (await fetch(`${running.url}/a/triage-bot`)).text();
    expect(page).toContain('Suspended');
    await running.call('POST', '/agents/triage-bot/resume', reason);
    expect((await verdict()).outcome).toBe('accepted');
  });

  it('says who may do what, and by which credential', async () => {
    const answer = await running.call('GET', '/access?action=read&resource=logs/production');
    expect(answer.body).toMatchObject({ data: [{ agent: { handle: 'triage-bot' } }] });
    const denied = await running.call('GET', '/access?action=read&resource=logs/pii');
    expect(denied.body).toMatchObject({ data: [] });
  });

  it('retires for good: 410, no keys, revoked, and the handle is never given out again', async () => {
    const document = (await (await fetch(clientId)).json()) as { 'vc+jwt': string };
    const retired = await running.call('POST', '/agents/triage-bot/retire', reason);
    expect(retired.body).toMatchObject({ state: 'retired' });
    const base = clientId.replace('/client.json', '');
    const statuses = ['/client.json', '/jwks.json', '/did.json', ''].map(
      async (path) => (await fetch(base + path)).status,
    );
    expect(await Promise.all(statuses)).toEqual([410, 410, 200, 200]);
    const did = (await (await fetch(`${base}/did.json`)).json()) as {
      verificationMethod?: unknown[];
    };
    expect(did.verificationMethod ?? []).toEqual([]);
    verifier.invalidate(`${running.url}/status/1r`);
    const replayed = await verifier.verifyCredential(document['vc+jwt']);
    expect(replayed.reason).toBe('status-revoked');
    const again = await running.call('POST', '/agents', {
      handle: 'triage-bot',
      kind: 'agent',
      name: 'Other',
      owners: ['owner@acme.example'],
      keyCustody: 'registry',
    });
    expect(again.body).toMatchObject({ code: 'handle-taken' });
  });

  it('leaves an audit trail that verifies', async () => {
    const answer = await running.call('GET', '/audit/verify');
    expect(answer.body).toMatchObject({ intact: true, brokenAt: null });
    const records = await running.call('GET', '/audit?action=agent.retired');
    expect(records.body['data']).toHaveLength(1);
  });
});
