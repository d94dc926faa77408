import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { escapeLabel, Metrics } from '../../src/sidecar/metrics.ts';
import { PolicyInForce } from '../../src/sidecar/policy-in-force.ts';
import { rulingWithout } from '../../src/sidecar/ruling.ts';
import { revoke, startTestSidecar, type TestSidecar } from './support/running-sidecar.ts';

let sidecar: TestSidecar;

beforeEach(async () => {
  sidecar = await startTestSidecar();
});

afterEach(() => sidecar[Symbol.asyncDispose]());

async function lines(): Promise<readonly string[]> {
  const { status, headers, body } = await sidecar.send('/metrics');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4');
  return String(body).split('\n');
}

describe('metrics', () => {
  it('count decisions by route, outcome, reason, mode and what was told', async () => {
    const { clientId } = sidecar.world;
    await sidecar.post('/hooks/keycloak', { clientId });
    await sidecar.post('/hooks/keycloak', { clientId });
    await sidecar.post('/hooks/keycloak', { clientId, scope: 'read:logs/pii' });
    await revoke(sidecar.world);
    sidecar.verifier.invalidate(sidecar.world.revocationList);
    sidecar.world.advance(60_000);
    await sidecar.post('/hooks/okta', {
      data: { context: { protocol: { client: { id: clientId } } } },
    });
    const name = 'sealwright_sidecar_decisions_total';
    expect((await lines()).filter((line) => line.startsWith(name))).toEqual([
      `${name}{route="/hooks/keycloak",outcome="accepted",reason="none",mode="enforce",passed="true"} 2`,
      `${name}{route="/hooks/keycloak",outcome="accepted",reason="none",mode="enforce",passed="false"} 1`,
      `${name}{route="/hooks/okta",outcome="rejected",reason="status-revoked",mode="enforce",passed="false"} 1`,
    ]);
  });

  it('give the time of decisions as a histogram', async () => {
    await sidecar.post('/hooks/keycloak', { clientId: sidecar.world.clientId });
    const shown = (await lines()).filter((line) => line.includes('duration_seconds'));
    expect(shown.slice(0, 2)).toEqual([
      '# HELP sealwright_sidecar_decision_duration_seconds From request to decision.',
      '# TYPE sealwright_sidecar_decision_duration_seconds histogram',
    ]);
    const buckets = shown.filter((line) => line.includes('_bucket'));
    const bounds = buckets.map((line) => /le="([^"]+)"/.exec(line)?.[1]);
    expect(bounds).toEqual(
      '0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.2 0.5 1 2.5 5 +Inf'.split(' '),
    );
    const counts = buckets.map((line) => Number(line.split(' ').at(-1)));
    expect(counts).toEqual([...counts].sort((one, other) => one - other));
    expect(counts.at(-1)).toBe(1);
    const count = 'sealwright_sidecar_decision_duration_seconds_count{route="/hooks/keycloak"} 1';
    expect(shown).toContain(count);
    const sum = shown.find((line) => line.includes('_sum'));
    expect(Number(sum?.split(' ').at(-1))).toBeGreaterThan(0);
  });

  it('put each decision into the buckets that it is within', () => {
    const policy = new PolicyInForce({ mode: 'enforce' });
    const metrics = new Metrics(policy, () => ({ inFlight: 0, keptWarm: 0 }));
    const ruling = rulingWithout(null, { mode: 'enforce', reason: 'overloaded' });
    for (const ms of [1, 30, 6_000]) metrics.countDecision('/x', ruling, ms);
    const counts = [...metrics.render().matchAll(/_bucket\{route="\/x",le="[^"]+"\} (\d+)/g)];
    expect(counts.map(([, count]) => Number(count))).toEqual([
      1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3,
    ]);
    expect(metrics.render()).toContain('_duration_seconds_sum{route="/x"} 6.031\n');
  });

  it('count requests that came to no decision, by closed labels', async () => {
    await sidecar.send('/hooks/keycloak', { headers: { Authorization: 'x' }, method: 'POST' });
    await sidecar.send('/hooks/okta', { headers: { Authorization: 'x' }, method: 'POST' });
    await sidecar.send('/wp-admin"}\\');
    const name = 'sealwright_sidecar_refused_requests_total';
    expect((await lines()).filter((line) => line.startsWith(name))).toEqual([
      `${name}{route="/hooks/keycloak",code="unauthenticated"} 1`,
      `${name}{route="/hooks/okta",code="unauthenticated"} 1`,
      `${name}{route="other",code="route-not-found"} 1`,
    ]);
  });

  it('say how the policy file is, what is under way and what is kept warm', async () => {
    const policy = { mode: 'enforce', trust: [] } as const;
    sidecar.policy.take({ ok: true, value: policy });
    sidecar.policy.take({ ok: false, faults: [{ pointer: '', rule: 'x', detail: 'x' }] });
    await sidecar.post('/hooks/keycloak', { clientId: sidecar.world.clientId });
    const shown = (await lines()).filter((line) => !/^#|decision/.test(line));
    expect(shown).toEqual([
      'sealwright_sidecar_policy_reloads_total{result="ok"} 1',
      'sealwright_sidecar_policy_reloads_total{result="failed"} 1',
      'sealwright_sidecar_policy_stale 1',
      'sealwright_sidecar_requests_in_flight 0',
      'sealwright_sidecar_clients_kept_warm 1',
      '',
    ]);
  });

  it('name every family with its help and type, and no client anywhere', async () => {
    const { clientId } = sidecar.world;
    await sidecar.post('/hooks/keycloak', { clientId });
    const shown = await lines();
    expect(shown.filter((line) => line.startsWith('# TYPE'))).toEqual([
      '# TYPE sealwright_sidecar_decisions_total counter',
      '# TYPE sealwright_sidecar_decision_duration_seconds histogram',
      '# TYPE sealwright_sidecar_refused_requests_total counter',
      '# TYPE sealwright_sidecar_policy_reloads_total counter',
      '# TYPE sealwright_sidecar_policy_stale gauge',
      '# TYPE sealwright_sidecar_requests_in_flight gauge',
      '# TYPE sealwright_sidecar_clients_kept_warm gauge',
    ]);
    expect(shown.join('\n')).not.toContain(clientId);
  });

  it('escape label values', () => {
    expect(escapeLabel('a"b\\c\nd')).toBe('a\\"b\\\\c\\nd');
  });
});
