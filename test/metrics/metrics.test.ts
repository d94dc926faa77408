import { describe, expect, it } from 'vitest';
import { measureRound, measureSigner } from '../../src/metrics/measured.ts';
import { Metrics } from '../../src/metrics/metrics.ts';

/** The lines of a metric, without its help and type. */
async function linesOf(metrics: Metrics, name: string): Promise<readonly string[]> {
  return (await metrics.render()).split('\n').filter((line) => line.startsWith(name));
}

describe('metrics', () => {
  it('count answers by route, documents by kind and verdicts by reason', async () => {
    const metrics = new Metrics();
    metrics.observeRequest({ method: 'GET', route: '/agents', status: 200, seconds: 0.02 });
    metrics.countDocument('client', 304);
    metrics.countDocument('client', 304);
    metrics.observeVerification({ outcome: 'rejected', reason: 'expired', seconds: 0.2 });
    metrics.observeVerification({ outcome: 'accepted', reason: null, seconds: 0.2 });
    const requests = 'sealwright_http_request_duration_seconds';
    expect(await linesOf(metrics, `${requests}_bucket{le="0.0`)).toEqual([
      `${requests}_bucket{le="0.005",route="/agents",method="GET",code="200"} 0`,
      `${requests}_bucket{le="0.01",route="/agents",method="GET",code="200"} 0`,
      `${requests}_bucket{le="0.025",route="/agents",method="GET",code="200"} 1`,
      `${requests}_bucket{le="0.05",route="/agents",method="GET",code="200"} 1`,
    ]);
    expect(await linesOf(metrics, 'sealwright_public_document_requests_total')).toEqual([
      'sealwright_public_document_requests_total{doc="client",code="304"} 2',
    ]);
    expect(await linesOf(metrics, 'sealwright_verifications_total')).toEqual([
      'sealwright_verifications_total{verdict="rejected",reason="expired"} 1',
      'sealwright_verifications_total{verdict="accepted",reason="none"} 1',
    ]);
    expect(await linesOf(metrics, 'sealwright_verification_duration_seconds_count')).toEqual([
      'sealwright_verification_duration_seconds_count 2',
    ]);
  });

  it('show what a gauge reads now, and nothing of what it read before', async () => {
    const metrics = new Metrics();
    let samples = [{ labels: { state: 'active' }, value: 2 }];
    const read = async () => samples;
    metrics.addGauge({ name: 'sealwright_agents', help: 'Agents.', labels: ['state'], read });
    expect(await linesOf(metrics, 'sealwright_agents')).toEqual([
      'sealwright_agents{state="active"} 2',
    ]);
    samples = [{ labels: { state: 'retired' }, value: 1 }];
    expect(await linesOf(metrics, 'sealwright_agents')).toEqual([
      'sealwright_agents{state="retired"} 1',
    ]);
  });

  it('claim nothing of a gauge that cannot be read, and show the others', async () => {
    const metrics = new Metrics();
    const read = () => Promise.reject(new Error('away'));
    metrics.addGauge({ name: 'sealwright_agents', help: 'Agents.', labels: ['state'], read });
    metrics.addGauge({ name: 'sealwright_orphans', help: 'Orphans.', labels: [], read });
    metrics.countDocument('did', 200);
    await metrics.render();
    expect(await linesOf(metrics, 'sealwright_agents')).toEqual([]);
    expect(await linesOf(metrics, 'sealwright_orphans')).toEqual(['sealwright_orphans Nan']);
    expect(await linesOf(metrics, 'sealwright_public_document_requests_total')).toHaveLength(1);
    const unread = await linesOf(metrics, 'sealwright_metrics_unread_total{metric="sealwright_ag');
    expect(Number(unread[0]?.split(' ')[1])).toBeGreaterThan(1);
  });

  it('count signatures by how they ended, and change neither answer nor error', async () => {
    const metrics = new Metrics();
    const signer = measureSigner(
      {
        sign: async (text: string) => {
          if (text === '') throw new Error('nothing to sign');
          return `signed ${text}`;
        },
      },
      metrics,
    );
    expect(await signer.sign('a')).toBe('signed a');
    await expect(signer.sign('')).rejects.toThrow('nothing to sign');
    expect(await linesOf(metrics, 'sealwright_signing_operations_total')).toEqual([
      'sealwright_signing_operations_total{outcome="ok"} 1',
      'sealwright_signing_operations_total{outcome="failed"} 1',
    ]);
  });

  it('tell a round that ended from one that failed', async () => {
    const metrics = new Metrics();
    const began = Date.now() / 1_000;
    const stopping = AbortSignal.abort();
    await measureRound(metrics, 'papers', async () => ({ failures: ['one', 'two'] }))(stopping);
    const failing = measureRound(metrics, 'estate', () => Promise.reject(new Error('away')));
    await expect(failing(stopping)).rejects.toThrow('away');
    expect(await linesOf(metrics, 'sealwright_rounds_total')).toEqual([
      'sealwright_rounds_total{round="papers",outcome="ended"} 1',
      'sealwright_rounds_total{round="estate",outcome="failed"} 1',
    ]);
    expect(await linesOf(metrics, 'sealwright_round_failures_total')).toEqual([
      'sealwright_round_failures_total{round="papers"} 2',
    ]);
    const [last, ...others] = await linesOf(metrics, 'sealwright_round_last_success_timestamp');
    expect(others).toEqual([]);
    expect(Number(last?.split(' ')[1])).toBeGreaterThanOrEqual(began);
  });
});
