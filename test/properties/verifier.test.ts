import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { buildTokenStatusList, encodeStatuses } from '../../src/protocol/token-status-list.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { createVerifier, type Verdict } from '../../src/verifier/index.ts';
import { checks } from '../../src/verifier/verify-client.ts';
import { partOf } from '../verifier/support/forge.ts';
import type { MemoryAnswer } from '../verifier/support/memory-fetch.ts';
import { createKey, createPaperWorld } from '../verifier/support/paper-world.ts';
import { jsonIn, type Mutation, mutate, mutation } from './mutations.ts';
import { numRuns } from './runs.ts';

/** Ten milliseconds for each run, many times what one takes. */
const timeout = 30_000 + 10 * numRuns;

// One world and one warm verifier for everything: only what was mutated is read anew.
const world = await createPaperWorld();
world.publishIssuer([world.issuerKey, await createKey(), await createKey('Ed25519')]);
world.serve(world.tokenList, {
  headers: { 'content-type': 'application/statuslist+jwt' },
  body: await world.sign(
    buildTokenStatusList({
      url: world.tokenList,
      issuer: world.issuer,
      iat: new Date(world.clock()),
      exp: new Date(world.clock() + 900_000),
      ttlS: 30,
      bits: 2,
      lst: await encodeStatuses(new Uint8Array(32_768)),
    }),
    { header: { typ: 'statuslist+jwt' } },
  ),
});
const { credentialStatus: _bits, ...tokenOnly } = await world.passport();
const jwt = await world.issue();
const jwtByToken = await world.sign(tokenOnly);
await world.publish({ jwt });
const verifier = createVerifier(world.options());
const request = { scope: 'read:logs/production read:logs/pii' };
const published = new Map(world.fetch.answers);

const ask = () => verifier.verifyClient(world.clientId, request);
const askByToken = () => verifier.verifyCredential(jwtByToken, request);
const meaningOf = ({ outcome, granted, withheld, claims, client, report }: Verdict) => ({
  outcome,
  granted,
  withheld,
  claims,
  client,
  issuer: report.issuer,
  subject: report.subject,
});
const meaning = meaningOf(await ask());

afterEach(async () => {
  for (const [url, answer] of published) {
    world.serve(url, answer);
    verifier.invalidate(url);
  }
  expect(meaningOf(await ask())).toEqual(meaning);
  expect((await askByToken()).outcome).toBe('accepted');
});

function answerAt(url: string): Exclude<MemoryAnswer, string> {
  const answer = published.get(url);
  if (typeof answer !== 'object') throw new TypeError('nothing was published there');
  return answer;
}

/** Serves the document at this URL with one octet changed, and tells what the change made of it. */
function serveMutated(url: string, change: Mutation) {
  const answer = answerAt(url);
  const octets = encodeUtf8(String(answer.body));
  const body = mutate(octets, change);
  world.serve(url, { ...answer, body });
  verifier.invalidate(url);
  const same = isDeepStrictEqual(jsonIn(body), jsonIn(octets));
  return { same, unchanged: isDeepStrictEqual(body, octets), json: jsonIn(body) };
}

describe('what is accepted is accepted', () => {
  it('and means something', () => {
    expect(meaning).toMatchObject({
      outcome: 'accepted',
      granted: ['read:logs/production'],
      withheld: ['read:logs/pii'],
      issuer: { did: 'did:web:id.acme.com', trust: 'policy' },
    });
  });
});

describe('one octet changed on the way', () => {
  it('D-29 in a credential: it is rejected, and says nothing', { timeout }, async () => {
    const octets = encodeUtf8(jwt);
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const text = Buffer.from(mutate(octets, change)).toString('latin1');
        if (text === jwt) return;
        const { outcome, claims, report } = await verifier.verifyCredential(text, request);
        expect([outcome, claims, report.subject.clientId]).toEqual(['rejected', null, null]);
      }),
      { numRuns },
    );
  });

  it('D-29 in a client’s document: it is accepted exactly when it is the same JSON', {
    timeout,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const { same } = serveMutated(world.clientId, change);
        const verdict = await ask();
        expect(verdict.outcome === 'accepted').toBe(same);
        if (same) expect(meaningOf(verdict)).toEqual(meaning);
        else expect(verdict.granted).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('D-29 in an issuer’s document: it is accepted with the same key for the same use, or not', {
    timeout,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const { same, json } = serveMutated(world.didUrl, change);
        const verdict = await ask();
        if (same) expect(verdict.outcome).toBe('accepted');
        if (verdict.outcome !== 'accepted') return;
        expect(meaningOf(verdict)).toEqual(meaning);
        expect(signingKeyIn(json)).toEqual({
          id: world.issuer,
          type: 'JsonWebKey',
          controller: world.issuer,
          key: world.issuerKey.jwk,
        });
      }),
      { numRuns },
    );
  });

  it('D-29 in an agent’s key set: it is accepted with the same key, or not', {
    timeout,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const { same, json } = serveMutated(world.jwksUri, change);
        const verdict = await ask();
        if (same) expect(verdict.outcome).toBe('accepted');
        if (verdict.outcome !== 'accepted') return;
        expect(meaningOf(verdict)).toEqual(meaning);
        const { keys } = json as { readonly keys: readonly object[] };
        expect(keys.map(materialOf)).toEqual([world.agentKey.jwk]);
      }),
      { numRuns },
    );
  });

  it.each([
    ['list of the revoked', world.revocationList],
    ['list of the suspended', world.suspensionList],
    ['list of both', world.tokenList],
  ])('D-29 in a %s: nobody is accepted by it', { timeout }, async (_what, url) => {
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const { unchanged } = serveMutated(url, change);
        const { outcome, reason } = await (url === world.tokenList ? askByToken() : ask());
        const said = unchanged ? ['accepted', null] : ['undetermined', 'status-invalid'];
        expect([outcome, reason]).toEqual(said);
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  });
});

/** The members that make a key. */
function materialOf(key: object): object {
  const names = ['kty', 'crv', 'x', 'y'];
  return Object.fromEntries(Object.entries(key).filter(([name]) => names.includes(name)));
}

/** What a DID document says of the key that signed the passport, read without the code under test. */
function signingKeyIn(json: unknown): object {
  const { id, verificationMethod, assertionMethod } = json as {
    readonly id: string;
    readonly verificationMethod: readonly { id: string; publicKeyJwk: object }[];
    readonly assertionMethod: readonly string[];
  };
  const kid = world.kidOf(world.issuerKey);
  const named = (name: string) => name === kid || `${id}${name}` === kid;
  const methods = verificationMethod.filter((method) => named(method.id));
  expect([methods.length, assertionMethod.some(named)]).toEqual([1, true]);
  const [{ publicKeyJwk, ...method } = { publicKeyJwk: {}, id: '' }] = methods;
  const { type, controller } = method as { readonly type?: string; readonly controller?: string };
  return { id, type, controller, key: materialOf(publicKeyJwk) };
}

const places = [
  world.clientId,
  world.didUrl,
  world.jwksUri,
  world.revocationList,
  world.suspensionList,
];
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.string({ unit: 'grapheme' }).map((text) => `https://id.acme.com/a/${text}`),
  fc.constantFrom(...places, jwt),
  fc
    .tuple(fc.jsonValue(), fc.jsonValue(), fc.string())
    .map((parts) => parts.map((part) => partOf(JSON.stringify(part))).join('.')),
);
const anyThing = fc.oneof(
  anyText,
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  } as fc.ObjectConstraints),
);
const anyRequest = fc.oneof(
  fc.anything(),
  fc.record(
    { scope: anyThing, authorizationDetails: anyThing, credentials: anyThing },
    { requiredKeys: [] },
  ),
);
const anyBody = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array(),
  fc.jsonValue().map((value) => JSON.stringify({ keys: [value], id: world.issuer })),
);
const ids = checks.map(([id]) => id);

function expectVerdict(verdict: Verdict): void {
  const { outcome, reason, claims, granted } = verdict;
  expect(['accepted', 'rejected', 'undetermined']).toContain(outcome);
  expect(reason === null).toBe(outcome === 'accepted');
  if (outcome === 'accepted') expect(claims).toEqual(meaning.claims);
  else expect(granted).toEqual([]);
  expect(verdict.report.checks.map(({ id }) => id)).toEqual(ids);
}

describe('nothing is thrown', () => {
  it('D-29 whatever is asked, and with whatever request', { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(anyThing, anyRequest, async (input, asking) => {
        const [text, options] = [input as string, asking as { readonly scope?: string }];
        expectVerdict(await verifier.verifyClient(text, options));
        expectVerdict(await verifier.verifyCredential(text, options));
      }),
      { numRuns },
    );
    expect({}).not.toHaveProperty('polluted');
  });

  it('whatever is read or dropped', { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(anyThing, async (input) => {
        const url = input as string;
        expect(verifier.invalidate(url)).toBeUndefined();
        const outcome = await verifier.read(url);
        if (!outcome.ok) expect(['blocked', 'failed']).toContain(outcome.failure);
        else expect(outcome.response.body).toBeInstanceOf(Uint8Array);
      }),
      { numRuns },
    );
  });

  it.each(places)(
    'whatever stands at %s, and nobody is accepted by it',
    { timeout },
    async (url) => {
      await fc.assert(
        fc.asyncProperty(anyBody, async (body) => {
          world.serve(url, { ...answerAt(url), body });
          verifier.invalidate(url);
          const verdict = await ask();
          expectVerdict(verdict);
          expect(verdict.outcome).not.toBe('accepted');
        }),
        { numRuns: Math.ceil(numRuns / places.length) },
      );
    },
  );
});
