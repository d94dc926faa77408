import { expect } from 'vitest';
import type { TrustPolicy } from '../../src/verifier/ports.ts';
import { startRunningService } from '../support/running-service.ts';

/** An agent of a registry that runs, which may read production logs and not personal data. */
export interface LiveAgent extends AsyncDisposable {
  readonly clientId: string;
  /** What it asks for: `read:logs/production`, and `read:logs/pii`, which it may not. */
  readonly scope: string;
  readonly policy: TrustPolicy;
  readonly statusLists: readonly string[];
  /** Ends it for good: the lists that revoke its passport are published when this returns. */
  retire(): Promise<void>;
}

const reason = 'CHG-4711';
const claims = {
  actions: [{ action: 'read', resource: 'logs/production' }],
  denied: [{ action: 'read', resource: 'logs/pii' }],
};

/** Starts a registry over https and onboards the agent. */
export async function startLiveAgent(): Promise<LiveAgent> {
  const running = await startRunningService({ https: true });
  const post = async (path: string, body: object, status: number) => {
    expect((await running.call('POST', path, body)).status).toBe(status);
  };
  const enrolment = { handle: 'billing-bot', kind: 'agent', name: 'Billing Bot' };
  const owners = ['owner@acme.example'];
  await post('/agents', { ...enrolment, owners, keyCustody: 'registry' }, 201);
  const credential = { type: 'allowed-actions', claims, reason };
  await post('/agents/billing-bot/credentials', credential, 201);
  return {
    clientId: `${running.url}/a/billing-bot/client.json`,
    scope: 'read:logs/production read:logs/pii',
    policy: {
      mode: 'enforce',
      trust: [
        {
          issuer: running.service.organization.did,
          clientIds: [`${running.url}/a/`],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    },
    statusLists: ['1r', '1s'].map((list) => `${running.url}/status/${list}`),
    retire: () => post('/agents/billing-bot/retire', { reason }, 200),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
