import { describe, expect, it } from 'vitest';
import { setBit } from '../../src/protocol/bitstring-status-list.ts';
import type { Fetch, FetchFailure } from '../../src/verifier/index.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import {
  entryOf,
  judgeAfresh as judge,
  publishCrafted,
  publishEntries,
  publishTokens,
} from './support/status-papers.ts';

const second = 1_000;
const listBytes = 16_384;

/** A fetch that fails like this at one URL. */
function failingAt(inner: Fetch, at: string, failure: FetchFailure): Fetch {
  return Object.assign(
    async (...[url, options]: Parameters<Fetch>) =>
      url === at
        ? ({ ok: false, failure, detail: 'as the test wants it' } as const)
        : inner(url, options),
    { allowLoopback: false },
  );
}

/** The papers of two issuers in one network, both trusted by one verifier. */
async function startTwo() {
  const [world, other] = await Promise.all([
    createPaperWorld(),
    createPaperWorld('https://other.example'),
  ]);
  const share = () => {
    for (const [url, answer] of other.fetch.answers) world.serve(url, answer);
  };
  share();
  const trust = [...world.policy.trust, ...other.policy.trust];
  const verifier = createVerifier(world.options({ ...world.policy, trust }));
  const ask = async ({ clientId }: PaperWorld) => {
    const { outcome, reason } = await verifier.verifyClient(clientId);
    return reason ?? outcome;
  };
  return { world, other, ask, share };
}

describe('a list that cannot be had', () => {
  const answers = [404, 410, 429, 500, 503].map(
    (status) => [`status ${status}`, { status, body: '' }] as const,
  );

  it.each(answers)('G-03, credentials:BS-14: %s leaves it undetermined', async (_what, answer) => {
    const world = await createPaperWorld();
    world.serve(world.revocationList, answer);
    expect(await judge(world)).toMatchObject({
      outcome: 'undetermined',
      answer: 'status-unavailable',
      rule: `http-${answer.status}`,
    });
  });

  // A TLS error, a broken connection and a name that does not resolve are all `failed`.
  it.each<FetchFailure>(['timeout', 'failed', 'redirect', 'too-large', 'blocked'])(
    'G-03 a fetch that ends in %j leaves it undetermined',
    async (failure) => {
      const world = await createPaperWorld();
      const fetch = failingAt(world.fetch, world.revocationList, failure);
      expect(await judge(world, fetch)).toMatchObject({
        outcome: 'undetermined',
        answer: 'status-unavailable',
        rule: `fetch-${failure}`,
      });
    },
  );

  it('G-03 is not missed while the list at hand is fresh', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const ask = async () => (await verifier.verifyClient(world.clientId)).outcome;
    expect(await ask()).toBe('accepted');
    world.serve(world.revocationList, 'hang-up');
    world.serve(world.suspensionList, { status: 503, body: '' });
    world.advance(60 * second);
    expect(await ask()).toBe('accepted');
    world.advance(1);
    expect(await ask()).toBe('undetermined');
  });

  it('G-04 is worth nothing past its own end, even when the server is down', async () => {
    const world = await createPaperWorld();
    const status = { maxAgeS: 3_600 };
    const verifier = createVerifier(world.options({ ...world.policy, status }));
    const ask = async () => {
      const { outcome, reason } = await verifier.verifyClient(world.clientId);
      return reason ?? outcome;
    };
    expect(await ask()).toBe('accepted');
    world.serve(world.revocationList, 'hang-up');
    world.serve(world.suspensionList, 'hang-up');
    world.advance(900 * second - 1);
    expect(await ask()).toBe('accepted');
    world.advance(1);
    expect(await ask()).toBe('status-stale');
  });

  it.each([
    ['G-04 a list that ran out', -1],
    ['G-04 a list that runs out now', 0],
  ])('%s is stale', async (_what, ms) => {
    const world = await createPaperWorld();
    const validFrom = new Date(world.clock() - 900_000);
    const validUntil = new Date(world.clock() + ms * second);
    await world.publishList({ purpose: 'revocation', validFrom, validUntil });
    expect(await judge(world)).toMatchObject({ outcome: 'undetermined', answer: 'status-stale' });
  });

  it('G-04, credentials:TS-06: a token list that ran out is stale', async () => {
    const world = await createPaperWorld();
    await publishTokens(world, 7, {
      change: (payload) => {
        const iat = Math.floor(world.clock() / second) - 900;
        return { ...payload, iat, exp: iat + 899 };
      },
    });
    expect(await judge(world)).toMatchObject({ outcome: 'undetermined', answer: 'status-stale' });
  });

  it('is believed beyond its limit only by the policy, and the report warns with its age', async () => {
    const world = await createPaperWorld();
    const status = { maxAgeS: 60, staleS: 60 };
    const verifier = createVerifier(world.options({ ...world.policy, status }));
    const ask = async () => (await verifier.verifyClient(world.clientId)).report;
    await ask();
    world.serve(world.revocationList, 'hang-up');
    world.advance(60 * second);
    const line = async () => (await ask()).checks.find(({ id }) => id === 'status.lists');
    expect(await line()).toMatchObject({ outcome: 'pass', evidence: { ageS: 60 } });
    world.advance(60 * second);
    expect(await line()).toMatchObject({
      outcome: 'warn',
      evidence: { lists: 2, ageS: 120 },
      fix: 'Have every status list reachable; one was not read afresh.',
    });
    world.advance(1);
    expect(await line()).toMatchObject({
      outcome: 'undetermined',
      evidence: { list: world.revocationList },
    });
  });
});

describe('lists of several issuers', () => {
  it.each<[string, { readonly stolen?: boolean }]>([
    ['G-06 signed by another issuer, in its own name', {}],
    [
      'G-06, credentials:BS-10: signed by another issuer, in the name of the first',
      { stolen: true },
    ],
  ])('%s, are not for this one, however trusted', async (_what, { stolen = false }) => {
    const { world, other, ask } = await startTwo();
    const issuer = stolen ? world.issuer : other.issuer;
    await publishCrafted(other, {
      at: world.revocationList,
      change: (list) => ({ ...list, issuer, iss: issuer }),
    });
    const answer = other.fetch.answers.get(world.revocationList) ?? 'hang-up';
    world.serve(world.revocationList, answer);
    expect(await ask(world)).toBe('status-invalid');
  });

  it('G-17 are kept apart: what was read for one is never used for another', async () => {
    const { world, other, ask, share } = await startTwo();
    await publishEntries(other, [entryOf(other, { statusListCredential: world.revocationList })]);
    share();
    expect(await ask(world)).toBe('accepted');
    world.fetch.asked.length = 0;
    expect(await ask(other)).toBe('status-invalid');
    expect(world.fetch.asked).toContain(world.revocationList);
    world.fetch.asked.length = 0;
    expect(await ask(world)).toBe('accepted');
    expect(world.fetch.asked).toEqual([]);
  });
});

describe('a valid list at hand', () => {
  const bits = new Uint8Array(listBytes);
  setBit(bits, 48_211);

  it.each<[string, (world: PaperWorld) => Promise<void> | void]>([
    ['no list at all', (world) => world.serve(world.revocationList, { body: 'x' })],
    [
      'a list by somebody else',
      async (world) => publishCrafted(world, { bits, key: await createKey() }),
    ],
    [
      'a list of another URL',
      (world) =>
        publishCrafted(world, { bits, change: (list) => ({ ...list, id: 'https://x/y' }) }),
    ],
    ['a list that is too short', (world) => publishCrafted(world, { bits: bits.subarray(0, 9) })],
  ])('G-18 does not give way to %s, which is not kept either', async (_what, poison) => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const ask = async () => {
      const { outcome, reason } = await verifier.verifyClient(world.clientId);
      return reason ?? outcome;
    };
    expect(await ask()).toBe('accepted');
    await poison(world);
    world.advance(31 * second);
    expect(await ask()).toBe('accepted');
    world.advance(30 * second);
    expect(await ask()).toBe('status-invalid');
    await world.publishList({ purpose: 'revocation' });
    expect(await ask()).toBe('accepted');
  });

  it('credentials:BS-12 answers for every credential that it is about', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    await verifier.verifyClient(world.clientId);
    world.fetch.asked.length = 0;
    for (let index = 0; index < 20; index += 1) {
      const { revocationList, suspensionList, tokenList } = world;
      const status = { revocationList, suspensionList, tokenList, index };
      const { outcome } = await verifier.verifyCredential(await world.issue({ status }));
      expect(outcome).toBe('accepted');
    }
    expect(world.fetch.asked).toEqual([]);
    expect(world.fetch.answers.size).toBe(5);
  });
});

describe('the order of work', () => {
  it('G-19, credentials:TS-05: asks for no list when the signature is bad', async () => {
    const world = await createPaperWorld();
    const jwt = await world.issue();
    const at = jwt.lastIndexOf('.') + 10;
    const forged = jwt.slice(0, at) + (jwt[at] === 'A' ? 'B' : 'A') + jwt.slice(at + 1);
    await world.publish({ jwt: forged });
    expect((await judge(world)).answer).toBe('signature-invalid');
    expect(world.fetch.asked).toEqual([world.clientId, world.didUrl]);
  });

  it('credentials:TS-05 asks for no list of a credential that is no good otherwise', async () => {
    const world = await createPaperWorld();
    await world.publish({
      jwt: await world.issue({ validUntil: new Date(world.clock() - 61_000) }),
    });
    expect((await judge(world)).answer).toBe('expired');
    expect(world.fetch.asked.filter((url) => url.includes('/status/'))).toEqual([]);
  });
});
