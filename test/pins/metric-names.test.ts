import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const deploy = resolve(import.meta.dirname, '../../docs/deploy');
/** Of the process itself: the names that prom-client gives them everywhere, behind our prefix. */
const ofTheProcess = /^sealwright_(?:process|nodejs)_/;

const names = [
  'sealwright_agents gauge',
  'sealwright_audit_checkpoint_records gauge',
  'sealwright_audit_checkpoints_stopped gauge',
  'sealwright_audit_journal_stopped gauge',
  'sealwright_audit_records gauge',
  'sealwright_credential_expiration_timestamp_seconds gauge',
  'sealwright_credentials gauge',
  'sealwright_event_deliveries_waiting gauge',
  'sealwright_event_subscriptions gauge',
  'sealwright_http_request_duration_seconds histogram',
  'sealwright_metrics_unread_total counter',
  'sealwright_orphans gauge',
  'sealwright_public_document_requests_total counter',
  'sealwright_round_failures_total counter',
  'sealwright_round_last_success_timestamp_seconds gauge',
  'sealwright_rounds_total counter',
  'sealwright_rule_findings gauge',
  'sealwright_signing_operations_total counter',
  'sealwright_status_list_last_publish_timestamp_seconds gauge',
  'sealwright_status_list_used_ratio gauge',
  'sealwright_verification_duration_seconds histogram',
  'sealwright_verifications_total counter',
];

const handle = 'billing-bot';
let running: RunningService;
const readMetrics = async () => (await fetch(`${running.address}/metrics`)).text();

beforeAll(async () => {
  running = await startRunningService();
  await running.call('POST', '/agents', {
    ...{ handle, kind: 'agent', name: handle, owners: ['lead@acme.com'] },
    keyCustody: 'registry',
  });
  await running.call('POST', '/webhooks', {
    url: `${running.url}/hook`,
    events: ['agent.retired'],
  });
  const clientId = `${running.url}/a/${handle}/client.json`;
  await running.call('POST', '/verify', { client_id: clientId });
  await running.call('GET', '/agents/no-such-bot');
  await (await fetch(`${running.address}/a/no-such-bot/jwks.json`)).text();
});

afterAll(() => running[Symbol.asyncDispose]());

describe('the names of metrics', () => {
  it('are these, and nothing else', async () => {
    const types = (await readMetrics()).matchAll(/^# TYPE (\S+ \S+)$/gm);
    const found = [...types].map(([, line]) => String(line)).filter((l) => !ofTheProcess.test(l));
    expect(found.sort()).toEqual(names);
  });

  it('stand for what happened', async () => {
    const text = await readMetrics();
    const lines = text.split('\n').map((line) => line.replace(/ [\d.e+-]+$/, ''));
    const request = 'sealwright_http_request_duration_seconds_count';
    expect(lines).toEqual(
      expect.arrayContaining([
        'sealwright_agents{state="active"}',
        'sealwright_credentials{type="passport",state="active"}',
        'sealwright_event_deliveries_waiting{kind="webhook",state="enabled"}',
        'sealwright_event_subscriptions{kind="webhook",state="enabled"}',
        `${request}{route="/agents",method="POST",code="201"}`,
        `${request}{route="/agents/:target",method="GET",code="404"}`,
        'sealwright_public_document_requests_total{doc="client",code="200"}',
        'sealwright_public_document_requests_total{doc="jwks",code="404"}',
        'sealwright_signing_operations_total{outcome="ok"}',
        `sealwright_status_list_last_publish_timestamp_seconds{list="${running.url}/token-status/1"}`,
        `sealwright_status_list_used_ratio{list="${running.url}/token-status/1"}`,
        'sealwright_verification_duration_seconds_count',
        'sealwright_verifications_total{verdict="accepted",reason="none"}',
      ]),
    );
    expect(text).not.toContain(handle);
  });

  it.each(['alerts.yaml', 'dashboard.json'])('are what %s asks for', (file) => {
    const text = readFileSync(resolve(deploy, file), 'utf8');
    const asked = new Set([...text.matchAll(/\bsealwright_[a-z_]+/g)].map(([name]) => name));
    const known = new Set(names.map((line) => line.split(' ')[0]));
    const unknown = [...asked].filter((name) => {
      const family = name.replace(/_(?:bucket|count|sum)$/, '');
      return !known.has(name) && !known.has(family) && !ofTheProcess.test(name);
    });
    expect(asked.size).toBeGreaterThan(5);
    expect(unknown).toEqual([]);
  });
});

describe('the alerts', () => {
  it('each say what is wrong and what to do', () => {
    const { groups } = parse(readFileSync(resolve(deploy, 'alerts.yaml'), 'utf8')) as {
      groups: { rules: { alert: string; annotations: Record<string, string> }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(5);
    for (const { alert, annotations } of rules) {
      expect(alert).toMatch(/^Sealwright[A-Z]/);
      expect(Object.keys(annotations).sort()).toEqual(['description', 'summary']);
      expect(annotations['description']).toContain('docs/operations.md');
    }
  });
});
