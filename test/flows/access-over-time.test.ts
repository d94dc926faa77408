import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const question = '/access?action=read&resource=logs/production';
const reason = { reason: 'INC-204' };
let running: RunningService;
let before: string;
let allowed: string;

beforeAll(async () => {
  running = await startRunningService();
  await running.call('POST', '/agents', {
    ...{ handle: 'billing-bot', kind: 'agent', name: 'Billing Bot', owners: ['lead@acme.com'] },
    keyCustody: 'registry',
  });
  before = new Date().toISOString();
  await pause();
  await running.call('POST', '/agents/billing-bot/credentials', {
    type: 'allowed-actions',
    claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
    reason: 'CHG-4711',
  });
  allowed = new Date().toISOString();
  await pause();
});

afterAll(() => running[Symbol.asyncDispose]());

/** Long enough for the next event to have a later millisecond. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

async function holdersAt(at: string): Promise<readonly unknown[]> {
  const { body } = await running.call('GET', `${question}&at=${encodeURIComponent(at)}`);
  return body['data'] as readonly unknown[];
}

describe('the question who may do something', () => {
  it('is answered with credential, issuer, key, who ordered it, reason and states', async () => {
    const { status, body } = await running.call('GET', question);
    expect(status).toBe(200);
    const did = running.service.organization.did;
    expect(body).toEqual({
      data: [
        {
          agent: {
            id: expect.stringMatching(/^agt_/),
            handle: 'billing-bot',
            name: 'Billing Bot',
            did: `${did}:a:billing-bot`,
            clientId: `${running.url}/a/billing-bot/client.json`,
            state: 'active',
            stateNow: 'active',
          },
          credential: {
            id: expect.stringMatching(/^crd_/),
            type: 'allowed-actions',
            state: 'active',
            validFrom: expect.stringMatching(/^2\d{3}-.*Z$/),
            validUntil: expect.stringMatching(/^2\d{3}-.*Z$/),
          },
          issuer: did,
          issuerKey: expect.stringMatching(new RegExp(`^${did}#[\\w-]{43}$`)),
          issuedBy: { kind: 'token', id: expect.stringMatching(/^tok_/) },
          reason: 'CHG-4711',
        },
      ],
      next: null,
    });
  });

  it('is answered for moments before, during and after a suspension', async () => {
    await running.call('POST', '/agents/billing-bot/suspend', reason);
    const suspended = new Date().toISOString();
    expect(await holdersAt(suspended)).toEqual([]);
    await pause();
    await running.call('POST', '/agents/billing-bot/resume', reason);
    const resumed = new Date().toISOString();
    await running.call('POST', '/agents/billing-bot/retire', reason);

    expect(await holdersAt(before)).toEqual([]);
    const then = { handle: 'billing-bot', state: 'active', stateNow: 'retired' };
    expect(await holdersAt(allowed)).toMatchObject([{ agent: then }]);
    expect(await holdersAt(suspended)).toEqual([]);
    expect(await holdersAt(resumed)).toMatchObject([{ agent: then }]);
    expect((await running.call('GET', question)).body['data']).toEqual([]);
  });

  it('is refused for a moment to come, and for one before the organization', async () => {
    const refusal = { code: 'invalid-input', errors: [{ pointer: '/at' }] };
    for (const at of ['2999-01-01T00:00:00Z', '2020-01-01T00:00:00Z', 'yesterday']) {
      const answer = await running.call('GET', `${question}&at=${at}`);
      expect([answer.status, answer.body]).toMatchObject([400, refusal]);
    }
  });

  it('is asked on the command line too', async () => {
    const env = { SEALWRIGHT_SERVER: running.address, SEALWRIGHT_TOKEN: running.token };
    const words = ['access', '--action', 'read', '--resource', 'logs/production'];
    const now = await runRecorded(words, { env });
    expect(now).toEqual({ code: 0, err: '', out: 'No agent may do this.\n' });
    const then = await runRecorded([...words, '--at', allowed, '--json'], { env });
    expect(JSON.parse(then.out)).toMatchObject([{ agent: { handle: 'billing-bot' } }]);
    const future = await runRecorded([...words, '--at', '2999-01-01T00:00:00Z'], { env });
    expect(future).toMatchObject({ code: 5, err: expect.stringContaining('still to come') });
  });
});
