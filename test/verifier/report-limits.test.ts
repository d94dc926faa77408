import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../../src/verifier/finding.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import type { Court } from '../../src/verifier/inquiry.ts';
import type { Check } from '../../src/verifier/run-checks.ts';
import { createSources } from '../../src/verifier/sources.ts';
import { trustOf } from '../../src/verifier/trust.ts';
import { checks, verifyClient } from '../../src/verifier/verify-client.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { trustingFacets } from './support/tampering.ts';

function judgeBy(world: PaperWorld, table: readonly Check[]) {
  const { fetch, clock, policy, clientId } = world;
  const court: Court = {
    clock,
    trust: trustOf(policy),
    sources: createSources({ fetch, clock }),
    allowLoopback: false,
    validators: new Map(),
  };
  const input = { kind: 'client_id', value: clientId } as const;
  const question = { input, raw: clientId, scope: '', details: [], credentials: [] };
  return verifyClient(court, question, table);
}

describe('a report', () => {
  it('shows eight faults at most, and the first 120 characters of where they are', () => {
    const faults = Array.from({ length: 9 }, () => ({
      pointer: '/'.repeat(121),
      rule: 'rule',
      detail: 'detail',
    }));
    const shown = { pointer: '/'.repeat(120), rule: 'rule', detail: 'detail' };
    expect(evidenceOf(faults)).toEqual({ faults: Array.from({ length: 8 }, () => shown) });
  });

  it('repeats so much of a question and no more', async () => {
    const verifier = createVerifier((await createPaperWorld()).options());
    const long = 'x'.repeat(20_000);
    const client = await verifier.verifyClient(long);
    const credential = await verifier.verifyCredential(long);
    expect(client.report.input.value.length).toBeLessThan(4_096);
    expect(credential.report.input.value).toBe('x'.repeat(16_384));
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('canary');
      },
    ],
    ['rejects', () => Promise.reject(new Error('canary'))],
  ])('says of a check that %s that it broke down, and not why', async (_how, run) => {
    const world = await createPaperWorld();
    const [first, ...rest] = checks;
    const broken: Check = ['client-id.syntax', 'Well-formed client_id', 'url-invalid', run];
    const { outcome, reason, report } = await judgeBy(world, [broken, ...rest]);
    expect(first?.[0]).toBe('client-id.syntax');
    expect([outcome, reason]).toEqual(['undetermined', 'url-invalid']);
    expect(report.checks[0]).toMatchObject({
      outcome: 'undetermined',
      evidence: { rule: 'check-broke-down' },
      fix: 'Report this: the verifier could not run the check.',
    });
    expect(report.checks[1]).toMatchObject({
      outcome: 'skipped',
      evidence: { because: 'an earlier check decided' },
      fix: null,
    });
    expect(JSON.stringify(report)).not.toContain('canary');
  });

  it('tells how many milliseconds a check took', async () => {
    const { report } = await judgeBy(await createPaperWorld(), checks);
    for (const { ms } of report.checks) expect(ms).toBeLessThan(5_000);
  });
});

describe('how long a verdict holds', () => {
  it('is as long as the status list may be used', async () => {
    const world = await createPaperWorld();
    const { report } = await judgeBy(world, checks);
    expect(report.freshness).toEqual({
      documentAgeS: 0,
      statusAgeS: 0,
      recheckBefore: new Date(world.clock() + 60_000).toISOString(),
    });
  });

  it('is no longer than the passport', async () => {
    const world = await createPaperWorld();
    const validUntil = new Date(world.clock() + 30_000);
    await world.publish({ jwt: await world.issue({ validUntil }) });
    const { report } = await judgeBy(world, checks);
    expect(report.freshness.recheckBefore).toBe(validUntil.toISOString());
  });

  it('is no longer than a facet that it rests on', async () => {
    const world = await createPaperWorld();
    const validUntil = new Date(world.clock() + 20_000);
    const jwt = await world.issueFacet({ validUntil });
    await world.publishFacets([{ jwt, validUntil }]);
    const verifier = createVerifier(world.options(trustingFacets(world.policy)));
    const { report } = await verifier.verifyClient(world.clientId, {
      authorizationDetails: [{ type: 'tickets' }],
    });
    expect(report.freshness.recheckBefore).toBe(validUntil.toISOString());
  });

  it('is not said of a client that is not accepted', async () => {
    const world = await createPaperWorld();
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    const { report } = await judgeBy(world, checks);
    expect(report.freshness).toEqual({ documentAgeS: 0, statusAgeS: 0, recheckBefore: null });
  });

  it('and nobody is named as trusted, nor aged, when nothing was read', async () => {
    const world = await createPaperWorld();
    const elsewhere = 'https://elsewhere.com/a/client.json';
    const { report } = await createVerifier(world.options()).verifyClient(elsewhere);
    expect(report).toMatchObject({
      subject: { clientId: elsewhere, did: null, name: null, host: null },
      issuer: { did: null, trust: 'none' },
      freshness: { documentAgeS: null, statusAgeS: null, recheckBefore: null },
    });
  });
});
