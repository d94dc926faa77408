import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { createVerifier, type Verdict } from '../../src/verifier/index.ts';
import { forge } from '../verifier/support/forge.ts';
import { createKey, createPaperWorld, type TestKey } from '../verifier/support/paper-world.ts';
import { numRuns } from './runs.ts';

/** Ten milliseconds for each run, many times what one takes. */
const timeout = 30_000 + 10 * numRuns;

const world = await createPaperWorld();
const passport = await world.passport();
const subjectOfPassport = passport['credentialSubject'] as JsonObject;
const foreignTypes = ['VerifiableCredential', 'AcmeClearance'];
const trust = world.policy.trust.map((entry) => ({
  ...entry,
  credentialTypes: [...entry.credentialTypes, 'AcmeClearance'],
}));
const verifier = createVerifier(world.options({ ...world.policy, trust }));

/** The payload in the octets that were signed, read without the code under test. */
function payloadIn(jwt: string): {
  readonly issuer: string;
  readonly credentialSubject: JsonObject;
} {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}

/** Claims are those of the signed octets, to the order of their members, and nothing besides. */
function expectSigned({ outcome, claims, report }: Verdict, jwt: string): void {
  expect(report.claims).toBe(claims);
  if (claims === null) {
    expect(outcome).not.toBe('accepted');
    expect(report.subject).toEqual({ clientId: null, did: null, name: null, host: null });
    return;
  }
  const { issuer, credentialSubject } = payloadIn(jwt);
  expect(isDeepStrictEqual(claims, credentialSubject)).toBe(true);
  expect(JSON.stringify(claims)).toBe(JSON.stringify(credentialSubject));
  expect(report.issuer.did).toBe(issuer);
  const { id, did } = credentialSubject;
  expect(report.subject).toMatchObject({ clientId: id, did });
}

/** The same JSON in another spelling: white space, and every so many letters of a text escaped. */
function respell(json: object, indent: string | number | undefined, every: number): string {
  return JSON.stringify(json, null, indent).replace(/"(?:[^"\\]|\\.)*"/g, (quoted) =>
    every === 0 || quoted.includes('\\') ? quoted : escapeLetters(quoted, every),
  );
}

function escapeLetters(quoted: string, every: number): string {
  return quoted.replace(/[^"]/gu, (letter, at: number) =>
    at % every === 0 ? letter.split('').map(escapeUnit).join('') : letter,
  );
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

// Claims are texts on one line, in one direction.
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((claim) => !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(claim));
const passportClaims = fc.record(
  {
    name: text,
    agentVersion: text,
    authorizedScopes: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}:[a-z/]{1,12}$/), {
      maxLength: 8,
    }),
    complianceAttestations: fc.array(fc.record({ standard: text }), { minLength: 1, maxLength: 4 }),
    delegation: fc.nat(3).map((maxDepth) => ({ permitted: maxDepth > 0, maxDepth })),
  },
  { requiredKeys: [] },
);
const memberName = fc.oneof(text, fc.constantFrom('id', 'did', '__proto__', 'constructor', 'name'));
const anyClaims = fc.dictionary(memberName, fc.jsonValue(), { maxKeys: 5 });
const indent = fc.constantFrom(undefined, 1, '\t', '\r\n');
const every = fc.nat(4);

describe('the claims of a verdict', () => {
  it('D-30 of a passport are those that were signed, and nothing else', { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(passportClaims, indent, every, async (claims, white, escapes) => {
        const credentialSubject = { ...subjectOfPassport, ...claims };
        const payload = respell({ ...passport, credentialSubject }, white, escapes);
        const jwt = await forge(world, { payload });
        const verdict = await verifier.verifyCredential(jwt);
        expect(verdict.outcome).toBe('accepted');
        expectSigned(verdict, jwt);
      }),
      { numRuns },
    );
  });

  it('D-30 of any credential are those that were signed, or none', { timeout }, async () => {
    const { id = '', did = '' } = subjectOfPassport;
    const type = fc.constantFrom(foreignTypes, passport['type']);
    await fc.assert(
      fc.asyncProperty(anyClaims, type, indent, every, async (claims, types, white, escapes) => {
        const credentialSubject = { id, did, ...claims };
        const payload = respell({ ...passport, type: types, credentialSubject }, white, escapes);
        const jwt = await forge(world, { payload });
        expectSigned(await verifier.verifyCredential(jwt), jwt);
      }),
      { numRuns },
    );
  });

  it('D-30 are of the issuer who signed, among all who could have', async () => {
    const other = 'did:web:id.acme.com:o:other';
    const [first, second, both, none] = [
      world.issuerKey,
      await createKey(),
      await createKey(),
      await createKey(),
    ];
    const lists = new Map([
      [world.issuer as string, [first, both]],
      [other, [second, both]],
    ]);
    for (const [did, keys] of lists) serveDid(did, keys);
    const entries = trust.flatMap((entry) => [entry, { ...entry, issuer: other }]);
    const own = createVerifier(world.options({ ...world.policy, trust: entries }));
    const dids = [...lists.keys()];
    const keys = [first, second, both, none];
    let signed = 0;
    for (const issuer of dids)
      for (const iss of dids)
        for (const kidDid of dids)
          for (const named of keys)
            for (const key of keys) {
              const header = { kid: `${kidDid}#${named.thumbprint}` };
              const jwt = await world.sign({ ...passport, issuer, iss }, { key, header });
              const { claims, report } = await own.verifyCredential(jwt);
              const genuine =
                issuer === iss &&
                iss === kidDid &&
                named === key &&
                lists.get(issuer)?.includes(named) === true;
              expect(claims !== null).toBe(genuine);
              if (genuine) expect(report.issuer.did).toBe(kidDid);
              if (genuine) signed += 1;
            }
    expect(signed).toBe(4);
  });
});

function serveDid(did: string, keys: readonly TestKey[]): void {
  const methods = keys.map(({ thumbprint, jwk }) => ({
    id: `${did}#${thumbprint}`,
    type: 'JsonWebKey',
    controller: did,
    publicKeyJwk: jwk,
  }));
  const path = did.split(':').slice(3);
  const folder = path.length === 0 ? '.well-known' : path.join('/');
  world.serveJson(`https://id.acme.com/${folder}/did.json`, {
    id: did,
    verificationMethod: methods,
    assertionMethod: methods.map(({ id }) => id),
  });
}
