import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

let running: RunningService;

beforeAll(async () => {
  running = await startRunningService();
  for (const handle of ['billing-bot', 'triage-bot']) {
    await running.call('POST', '/agents', {
      ...{ handle, kind: 'agent', name: handle, owners: ['lead@acme.com'] },
      keyCustody: 'registry',
    });
  }
  await running.call('POST', '/agents/billing-bot/credentials', {
    type: 'allowed-actions',
    claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
    reason: 'CHG-4711',
  });
});

afterAll(() => running[Symbol.asyncDispose]());

const run = (words: readonly string[]) => {
  const env = { SEALWRIGHT_SERVER: running.address, SEALWRIGHT_TOKEN: running.token };
  return runRecorded(words, { env });
};
const open = async () => (await running.call('GET', '/findings?state=open')).body['data'];
const metrics = async () => (await fetch(`${running.address}/metrics`)).text();

describe('the estate', () => {
  it('is watched by rules: production logs only with ISO 27001', { timeout: 90_000 }, async () => {
    const { status, body } = await running.call('POST', '/rules', {
      name: 'production logs',
      when: { resource: 'logs/*' },
      require: { attestation: { standard: 'ISO/IEC 27001:2022' } },
    });
    expect([status, body]).toMatchObject([201, { name: 'production logs' }]);
    const id = String(body['id']);
    await vi.waitFor(async () => expect(await open()).toHaveLength(1), { timeout: 40_000 });
    expect(await open()).toMatchObject([
      {
        rule: { id, name: 'production logs' },
        agent: 'billing-bot',
        state: 'open',
        detail: 'no conformant attestation of ISO/IEC 27001:2022',
        resolvedAt: null,
      },
    ]);
    expect(await metrics()).toContain(`sealwright_rule_findings{rule="${id}"} 1\n`);
    expect((await run(['findings'])).out).toMatch(/^AGENT +RULE +STATE.*\nbilling-bot +production/);
    expect((await run(['findings', '--agent', 'triage-bot'])).out).toBe('No findings.\n');

    const state = await running.call('GET', '/agents/billing-bot');
    expect(state.body['state']).toBe('active');
    await running.call('POST', '/agents/billing-bot/credentials', {
      type: 'compliance',
      reason: 'audit 2026',
      claims: {
        attestations: [
          {
            framework: 'https://www.iso.org/standard/27001',
            edition: 'ISO/IEC 27001:2022',
            outcome: 'conformant',
            assessor: 'did:web:assessor.example',
          },
        ],
      },
    });
    await vi.waitFor(async () => expect(await open()).toEqual([]), { timeout: 40_000 });
    expect(await metrics()).toContain(`sealwright_rule_findings{rule="${id}"} 0\n`);
    const all = await run(['findings', '--state', 'all', '--json']);
    expect(JSON.parse(all.out)).toMatchObject([{ state: 'resolved' }]);
  });

  it('takes rules from the command line, and gives each fault of one', async () => {
    const words = ['rule', 'add', '--name', 'two owners', '--when-team', 'payments'];
    const added = await run([...words, '--require-owners', '2', '--json']);
    const rule: unknown = JSON.parse(added.out);
    expect(rule).toMatchObject({ when: { team: 'payments' }, require: { owners: 2 } });
    expect(await run([...words, '--require-owners', '2'])).toMatchObject({
      ...{ code: 5, err: expect.stringContaining('(rule-name-taken)') },
    });
    expect(await run(['rule', 'add', '--name', 'x'])).toMatchObject({
      ...{ code: 5, err: expect.stringContaining('must ask for something') },
    });
    const { id } = rule as { readonly id: string };
    expect((await run(['rule', 'list'])).out).toContain(id);
    const changed = await running.call('PATCH', `/rules/${id}`, { when: {} });
    expect(changed.body).toMatchObject({ when: {}, require: { owners: 2 } });
    expect((await run(['rule', 'remove', id])).code).toBe(0);
    const audit = await running.call('GET', `/audit?subject=${id}`);
    const actions = (audit.body['data'] as { event: { action: string } }[]).map(
      ({ event }) => event.action,
    );
    expect(actions).toEqual(['rule.added', 'rule.changed', 'rule.removed']);
  });

  it('lists orphans once their owners departed', async () => {
    expect((await run(['orphans'])).out).toBe('Every agent is looked after.\n');
    const depart = ['owner', 'depart', 'lead@acme.com', '--reason', 'HR-88'];
    expect(await run(depart)).toMatchObject({ code: 0, out: 'lead@acme.com departed\n' });
    const { body } = await running.call('GET', '/orphans?kind=orphan&limit=1');
    expect(body).toMatchObject({
      data: [
        {
          agent: { handle: 'billing-bot', owners: ['lead@acme.com'] },
          signs: [{ kind: 'orphan', detail: 'lead@acme.com departed' }],
        },
      ],
    });
    const next = await running.call('GET', `/orphans?kind=orphan&cursor=${String(body['next'])}`);
    expect(next.body).toMatchObject({ data: [{ agent: { handle: 'triage-bot' } }], next: null });
    expect(await metrics()).toContain('sealwright_orphans 2\n');
    expect((await run(['orphans'])).out).toMatch(/^AGENT +SIGN.*\nbilling-bot +orphan/);
    expect((await run(['owner', 'list'])).out).toContain('HR-88');
    expect((await run(['owner', 'return', 'lead@acme.com'])).code).toBe(0);
    expect(await metrics()).toContain('sealwright_orphans 0\n');
  });

  it('has agents that nobody was seen to look at', { timeout: 90_000 }, async () => {
    const unseen = async () => {
      const { body } = await running.call('GET', '/orphans?kind=not-verified');
      return (body['data'] as { agent: { handle: string } }[]).map(({ agent }) => agent.handle);
    };
    const client = new pg.Client({ connectionString: running.connectionString });
    await client.connect();
    await client.query("UPDATE agents SET created_at = now() - interval '40 days'");
    await client.query('DELETE FROM agent_sightings');
    await client.end();
    expect(await unseen()).toEqual(['billing-bot', 'triage-bot']);
    await fetch(`${running.url}/a/triage-bot/client.json`);
    const waiting = { timeout: 40_000, interval: 500 };
    await vi.waitFor(async () => expect(await unseen()).toEqual(['billing-bot']), waiting);
    const client_id = `${running.url}/a/billing-bot/client.json`;
    expect((await running.call('POST', '/verify', { client_id })).body['outcome']).toBe('accepted');
    await vi.waitFor(async () => expect(await unseen()).toEqual([]), waiting);
  });
});
