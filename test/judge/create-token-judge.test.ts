import { describe, expect, it } from 'vitest';
import { createTokenJudge } from '../../src/judge/create-token-judge.ts';
import type { Fetch } from '../../src/verifier/ports.ts';
import type { KeySource } from '../../src/workloads/workload-rule.ts';
import { parseWorkloadToken } from '../../src/workloads/workload-token.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { type IssuerKey, makeIssuerKey, signToken } from '../support/workload-issuer.ts';

const bundleUrl = 'https://spire.acme.com/bundle';
const domain: KeySource = { kind: 'spiffe', issuer: 'acme.com', jwksUri: bundleUrl };
const oidc: KeySource = { kind: 'oidc', issuer: 'https://ci.acme.com/', jwksUri: null };
const minuteMs = 60_000;

/** A network whose documents a test may replace, and a judge by a clock that it may move. */
function openWorld() {
  const documents = new Map<string, object>();
  const asked: string[] = [];
  const clock = new SettableClock('2026-11-20T12:00:00Z');
  const ask = async (url: string): ReturnType<Fetch> => {
    asked.push(url);
    const json = documents.get(url);
    if (json === undefined) return { ok: false, failure: 'failed', detail: 'away' };
    const body = new TextEncoder().encode(JSON.stringify(json));
    const headers = new Map([['cache-control', 'public, max-age=300']]);
    return { ok: true, response: { status: 200, headers, body } };
  };
  const fetch: Fetch = Object.assign(ask, { allowLoopback: false });
  const judge = createTokenJudge({ fetch, clock });
  return {
    ...{ documents, asked, clock },
    judge: async (key: IssuerKey, source: KeySource) => {
      const parsed = parseWorkloadToken(await signToken(key, { sub: 'x' }));
      if (!parsed.ok) throw new Error('not a token');
      return (await judge.judge(parsed.value, source)).outcome;
    },
  };
}

const [one, two] = [await makeIssuerKey('one', 'ES256'), await makeIssuerKey('two', 'ES256')];

function bundle(sequence: number, ...keys: readonly IssuerKey[]) {
  const published = keys.map(({ publicJwk }) => ({ ...publicJwk, use: 'jwt-svid' }));
  return { keys: published, spiffe_sequence: sequence };
}

describe('the keys of an issuer', () => {
  it('are found by discovery below an issuer that ends in a slash', async () => {
    const world = openWorld();
    const jwks_uri = 'https://keys.acme.com/ci';
    world.documents.set('https://ci.acme.com/.well-known/openid-configuration', {
      ...{ issuer: 'https://ci.acme.com/', jwks_uri },
    });
    world.documents.set(jwks_uri, { keys: [one.publicJwk] });
    expect(await world.judge(one, oidc)).toBe('genuine');
  });

  it('are read again for a name that is new, but not more often than every ten seconds', async () => {
    const world = openWorld();
    world.documents.set(bundleUrl, bundle(1, one));
    expect(await world.judge(one, domain)).toBe('genuine');
    world.documents.set(bundleUrl, bundle(2, one, two));
    expect(await world.judge(two, domain)).toBe('refused');
    world.clock.moveBy(10_000);
    expect(await world.judge(two, domain)).toBe('genuine');
    expect(world.asked).toHaveLength(2);
  });

  it('that were taken out are no longer believed once the copy is old', async () => {
    const world = openWorld();
    world.documents.set(bundleUrl, bundle(1, one));
    expect(await world.judge(one, domain)).toBe('genuine');
    world.documents.set(bundleUrl, bundle(2, two));
    world.clock.moveBy(5 * minuteMs - 1);
    expect(await world.judge(one, domain)).toBe('genuine');
    world.clock.moveBy(1);
    expect(await world.judge(one, domain)).toBe('refused');
  });

  it('are nobody’s while they are old and cannot be read', async () => {
    const world = openWorld();
    world.documents.set(bundleUrl, bundle(1, one));
    expect(await world.judge(one, domain)).toBe('genuine');
    world.documents.clear();
    world.clock.moveBy(4 * minuteMs);
    expect(await world.judge(two, domain)).toBe('undetermined');
    expect(await world.judge(one, domain)).toBe('genuine');
    world.clock.moveBy(minuteMs);
    expect(await world.judge(one, domain)).toBe('undetermined');
    expect(world.asked).toHaveLength(3);
  });

  it('of a bundle that is older than the one before are not taken', async () => {
    const world = openWorld();
    world.documents.set(bundleUrl, bundle(7, two));
    expect(await world.judge(two, domain)).toBe('genuine');
    world.documents.set(bundleUrl, bundle(6, one));
    world.clock.moveBy(minuteMs);
    expect(await world.judge(one, domain)).toBe('undetermined');
    expect(await world.judge(two, domain)).toBe('genuine');
  });
});
