import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeBase64url } from '../../src/protocol/base64url.ts';
import { parseCompactJws } from '../../src/protocol/compact-jws.ts';
import { buildTokenStatusList } from '../../src/protocol/token-status-list.ts';
import { createVerifier, type Verdict } from '../../src/verifier/index.ts';
import { createSignatures } from '../../src/verifier/resolve/signatures.ts';
import { taken } from '../protocol/rules.ts';
import { documentOf, methodOf } from './support/did-documents.ts';
import { type Forgery, forge, headerOf, partOf, seal, signatureOver } from './support/forge.ts';
import { algorithmForgeries, memberForgeries, typeForgeries } from './support/header-forgeries.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import {
  payloadForgeries,
  signatureForgeries,
  spellingForgeries,
} from './support/payload-forgeries.ts';

/** The check that decided, with the pointer and the rule of the first fault it found. */
function decisionOf({ report }: Verdict): readonly [check: string, fault: string] {
  const line = report.checks.find(({ outcome }) => outcome === 'fail');
  const faults = line?.evidence['faults'] as readonly { pointer: string; rule: string }[];
  const [fault] = faults ?? [];
  return [line?.id ?? '', `${fault?.pointer} ${fault?.rule}`.trim()];
}

const forgeries: readonly Forgery[] = [
  ...algorithmForgeries,
  ...memberForgeries,
  ...typeForgeries,
  ...payloadForgeries,
  ...spellingForgeries,
  ...signatureForgeries,
];

function reasonOf(fault: string): string {
  if (fault.endsWith('alg-not-allowed')) return 'algorithm-not-allowed';
  return fault.includes(' subject-') ? 'subject-mismatch' : 'credential-malformed';
}

describe('a token that was forged is refused before anybody is asked', () => {
  it.each(forgeries)('%s', async (_name, forger, fault) => {
    const world = await createPaperWorld();
    const token = (await forger(world)) as string;
    const refused = { outcome: 'rejected', reason: reasonOf(fault), claims: null };
    const alone = await createVerifier(world.options()).verifyCredential(token);
    expect(alone).toMatchObject(refused);
    expect(decisionOf(alone)).toEqual(['credential.envelope', fault]);
    expect(world.fetch.asked).toEqual([]);
    if (typeof token !== 'string') return;
    await world.publish({ jwt: token });
    const inDocument = await createVerifier(world.options()).verifyClient(world.clientId);
    expect(inDocument).toMatchObject(refused);
    expect(decisionOf(inDocument)).toEqual(['credential.envelope', fault]);
    expect(world.fetch.asked).toEqual([world.clientId]);
  });

  it('has no other fault: a token that is forged in nothing is accepted', async () => {
    const world = await createPaperWorld();
    const token = await forge(world);
    const verdict = await createVerifier(world.options()).verifyCredential(token);
    expect(verdict).toMatchObject({ outcome: 'accepted', reason: null });
  });
});

describe('the type of a token', () => {
  it.each(['vc+jwt', 'VC+JWT', 'application/vc+jwt', 'Application/VC+jwt'])(
    'D-16, credentials:VCDM-23: is that of a credential as %s',
    async (typ) => {
      const world = await createPaperWorld();
      const token = await forge(world, { header: headerOf(world, { typ }) });
      const verdict = await createVerifier(world.options()).verifyCredential(token);
      expect(verdict.outcome).toBe('accepted');
    },
  );

  it('D-16 has no option that lets a plain JWT pass', async () => {
    const world = await createPaperWorld();
    const options = { ...world.options(), acceptLegacyVcJwt: true };
    expect(() => createVerifier(options)).toThrow('acceptLegacyVcJwt is not an option');
  });

  it('D-17 keeps a passport from passing for a list', async () => {
    const world = await createPaperWorld();
    const passport = await world.passport();
    const header = { typ: 'statuslist+jwt' };
    const { credentialStatus: _bits, ...tokenOnly } = passport;
    const verifier = createVerifier(world.options());
    for (const body of [await world.sign(passport), await world.sign(passport, { header })]) {
      for (const url of [world.revocationList, world.tokenList]) world.serve(url, { body });
      for (const jwt of [await world.sign(passport), await world.sign(tokenOnly)]) {
        expect(await verifier.verifyCredential(jwt)).toMatchObject({
          outcome: 'undetermined',
          reason: 'status-invalid',
        });
      }
    }
    expect(world.fetch.asked).toContain(world.tokenList);
  });

  it('D-17 keeps a list from passing for a passport', async () => {
    const world = await createPaperWorld();
    const { body } = world.fetch.answers.get(world.revocationList) as { readonly body: string };
    const list = buildTokenStatusList({
      url: world.tokenList,
      issuer: world.issuer,
      iat: new Date(world.clock()),
      exp: new Date(world.clock() + 900_000),
      ttlS: 30,
      bits: 2,
      lst: 'eNrbuRgAAhcBXQ',
    });
    const lists = [
      [body, 'subject-mismatch'],
      [await world.sign(list), 'credential-malformed'],
      [await world.sign(list, { header: { typ: 'statuslist+jwt' } }), 'credential-malformed'],
    ] as const;
    for (const [token, reason] of lists) {
      await world.publish({ jwt: token });
      const verifier = createVerifier(world.options());
      const refused = { outcome: 'rejected', reason, claims: null };
      expect(await verifier.verifyCredential(token)).toMatchObject(refused);
      expect(await verifier.verifyClient(world.clientId)).toMatchObject(refused);
    }
  });

  it('D-17 keeps a list of one kind from passing for one of the other', async () => {
    const world = await createPaperWorld();
    const { credentialStatus: _bits, ...tokenOnly } = await world.passport();
    const { body } = world.fetch.answers.get(world.revocationList) as { readonly body: string };
    world.serve(world.tokenList, { body });
    const verifier = createVerifier(world.options());
    const verdict = await verifier.verifyCredential(await world.sign(tokenOnly));
    expect(verdict).toMatchObject({ outcome: 'undetermined', reason: 'status-invalid' });
  });
});

describe('the kid of a token', () => {
  it('D-18 is in no line of the report when it is none', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    for (const kid of ['did:web:id.acme.com#<script>', '../../etc/passwd', 'x\r\nforged: line']) {
      const token = await forge(world, { header: headerOf(world, { kid }) });
      const { report } = await verifier.verifyCredential(token);
      expect(report.reason).toBe('credential-malformed');
      const { input: _input, ...rest } = report;
      expect(JSON.stringify(rest)).not.toMatch(/script|passwd|forged/);
    }
  });

  it('D-18 is not read further than any key is named: 10 kB', async () => {
    const world = await createPaperWorld();
    const header = headerOf(world, { kid: `${world.issuer}#`.padEnd(10_000, 'k') });
    const verifier = createVerifier(world.options());
    const verdict = await verifier.verifyCredential(await forge(world, { header }));
    expect(decisionOf(verdict)).toEqual(['credential.envelope', '/header/kid jws-header']);
    expect(world.fetch.asked).toEqual([]);
  });

  it('D-18 names one key: no other key of the issuer is tried in its place', async () => {
    const world = await createPaperWorld();
    const other = await createKey();
    world.publishIssuer([other, world.issuerKey]);
    const header = { kid: world.kidOf(other) };
    const jwt = await world.sign(await world.passport(), { key: world.issuerKey, header });
    const verdict = await createVerifier(world.options()).verifyCredential(jwt);
    expect(verdict).toMatchObject({ reason: 'signature-invalid', claims: null });
  });
});

/** Publishes the issuer with one more key, and gives a passport whose header names it. */
async function signedUnder(
  world: PaperWorld,
  signing: { readonly key: 'ES256' | 'Ed25519'; readonly alg: string; readonly jwkAlg?: string },
) {
  const key = await createKey(signing.key);
  const kid = world.kidOf(key);
  const listed = signing.jwkAlg === undefined ? key.jwk : { ...key.jwk, alg: signing.jwkAlg };
  const common = { type: 'JsonWebKey', controller: world.issuer };
  const own = { ...common, id: world.kidOf(world.issuerKey), publicKeyJwk: world.issuerKey.jwk };
  world.serveJson(world.didUrl, {
    id: world.issuer,
    verificationMethod: [own, { ...common, id: kid, publicKeyJwk: listed }],
    assertionMethod: [own.id, kid],
  });
  const header = headerOf(world, { alg: signing.alg, kid });
  return seal(`${partOf(header)}.${partOf(await world.passport())}`, key);
}

describe('the algorithm of a token', () => {
  it.each([
    ['ES256', 'Ed25519', undefined, 'algorithm-not-allowed'],
    ['EdDSA', 'ES256', undefined, 'algorithm-not-allowed'],
    ['Ed25519', 'ES256', undefined, 'algorithm-not-allowed'],
    ['EdDSA', 'Ed25519', 'ES256', 'key-not-found'],
    ['Ed25519', 'Ed25519', 'ES256', 'key-not-found'],
    ['ES256', 'ES256', 'EdDSA', 'key-not-found'],
    ['ES256', 'ES256', 'ES384', 'key-not-found'],
    ['ES256', 'ES256', 'none', 'key-not-found'],
    ['ES256', 'ES256', 'ES256', null],
    ['EdDSA', 'Ed25519', 'EdDSA', null],
    ['Ed25519', 'Ed25519', 'Ed25519', null],
    ['EdDSA', 'Ed25519', 'Ed25519', null],
    ['Ed25519', 'Ed25519', undefined, null],
  ] as const)(
    'D-04, credentials:ALG-03, credentials:ALG-04: %s by a key of %s with alg %s: %s',
    async (alg, key, jwkAlg, reason) => {
      const world = await createPaperWorld();
      const jwt = await signedUnder(world, { key, alg, ...(jwkAlg && { jwkAlg }) });
      const verdict = await createVerifier(world.options()).verifyCredential(jwt);
      expect(verdict.reason).toBe(reason);
      expect(verdict.claims === null).toBe(reason !== null);
    },
  );

  it('D-04 may have its old and its new name in turn under one Ed25519 key', async () => {
    const world = await createPaperWorld();
    const key = await createKey('Ed25519');
    world.publishIssuer([world.issuerKey, key]);
    const verifier = createVerifier(world.options());
    for (const alg of ['EdDSA', 'Ed25519', 'EdDSA']) {
      const header = { alg, kid: world.kidOf(key) };
      const jwt = await world.sign(await world.passport(), { key, header });
      expect((await verifier.verifyCredential(jwt)).outcome).toBe('accepted');
    }
  });
});

const zero = '0'.repeat(64);
const one = '1'.padStart(64, '0');
const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
const everything = 'f'.repeat(64);

describe('the signature of a token', () => {
  it.each([
    ['r = s = 0', zero + zero],
    ['r = 0', zero + one],
    ['s = 0', one + zero],
    ['r = n', order + one],
    ['s = n', one + order],
    ['r = s = n', order + order],
    ['r = s = 1', one + one],
    ['all bits set', everything + everything],
  ])('D-11 is refused with %s, under either kind of key', async (_what, hex) => {
    const world = await createPaperWorld();
    const edwards = await createKey('Ed25519');
    world.publishIssuer([world.issuerKey, edwards]);
    const verifier = createVerifier(world.options());
    for (const key of [world.issuerKey, edwards]) {
      const header = headerOf(world, { alg: key.alg, kid: world.kidOf(key) });
      const input = `${partOf(header)}.${partOf(await world.passport())}`;
      const signature = encodeBase64url(new Uint8Array(Buffer.from(hex, 'hex')));
      const verdict = await verifier.verifyCredential(`${input}.${signature}`);
      expect(verdict).toMatchObject({ reason: 'signature-invalid', claims: null });
    }
  });

  it('D-02 is no MAC of 64 octets whose secret is the public key', async () => {
    const world = await createPaperWorld();
    const input = `${partOf(headerOf(world))}.${partOf(await world.passport())}`;
    const mac = createHmac('sha512', JSON.stringify(world.issuerKey.jwk)).update(input).digest();
    const jwt = `${input}.${encodeBase64url(mac)}`;
    const verdict = await createVerifier(world.options()).verifyCredential(jwt);
    expect(verdict).toMatchObject({ reason: 'signature-invalid', claims: null });
  });

  it('D-04 spoils no key for those after it, when it is of another algorithm', async () => {
    const world = await createPaperWorld();
    const signatures = createSignatures();
    const read = async (alg: string) => {
      const token = await forge(world, { header: headerOf(world, { alg }) });
      return taken(parseCompactJws(token, { maxBytes: 16_384, typ: ['vc+jwt'] }));
    };
    const { jwk } = world.issuerKey;
    expect(await signatures.verifyOnce(await read('EdDSA'), jwk)).toBe(false);
    expect(await signatures.verifyOnce(await read('ES256'), jwk)).toBe(true);
  });

  it('D-04 is verified under each key apart, at the same time too', async () => {
    const world = await createPaperWorld();
    const signatures = createSignatures();
    const { jwk } = await createKey();
    const jws = taken(parseCompactJws(await forge(world), { maxBytes: 16_384, typ: ['vc+jwt'] }));
    const keys = [jwk, world.issuerKey.jwk, jwk];
    const asked = () => Promise.all(keys.map((key) => signatures.verify(jws, key)));
    expect(await asked()).toEqual([false, true, false]);
    expect(await asked()).toEqual([false, true, false]);
  });

  it('D-30 is verified anew when the key behind its kid is another', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const jwt = await world.issue();
    expect((await verifier.verifyCredential(jwt)).outcome).toBe('accepted');
    const { jwk } = await createKey();
    world.serveJson(
      world.didUrl,
      documentOf(world, { verificationMethod: [methodOf(world, { publicKeyJwk: { ...jwk } })] }),
    );
    verifier.invalidate(world.didUrl);
    expect(await verifier.verifyCredential(jwt)).toMatchObject({
      reason: 'signature-invalid',
      claims: null,
    });
  });

  it('D-12 decides the same when it is mirrored, and its twin is revoked with it', async () => {
    const world = await createPaperWorld();
    const input = `${partOf(headerOf(world))}.${partOf(await world.passport())}`;
    const signature = await signatureOver(input, world.issuerKey);
    const twins = [signature, mirrored(signature)].map(
      (octets) => `${input}.${encodeBase64url(octets)}`,
    );
    expect(new Set(twins).size).toBe(2);
    const verifier = createVerifier(world.options());
    const verdicts = await Promise.all(twins.map((jwt) => verifier.verifyCredential(jwt)));
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
    expect(verdicts[0]?.claims).toEqual(verdicts[1]?.claims);
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    verifier.invalidate(world.revocationList);
    const after = await Promise.all(twins.map((jwt) => verifier.verifyCredential(jwt)));
    expect(after.map(({ reason }) => reason)).toEqual(['status-revoked', 'status-revoked']);
  });
});

/** The other signature that ECDSA has for the same message: (r, n - s). */
function mirrored(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  const other = (BigInt(`0x${order}`) - s).toString(16).padStart(64, '0');
  return Uint8Array.of(...signature.subarray(0, 32), ...Buffer.from(other, 'hex'));
}

describe('the size of a token', () => {
  const tooLarge = ['credential.envelope', 'jws-too-large'];

  it('D-25 is at most 16,384 characters, and no more is decoded', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const token = await forge(world);
    const padding = (length: number) => ' '.repeat(Math.floor(((length - token.length) * 3) / 4));
    const text = JSON.stringify(await world.passport());
    const longest = await forge(world, { payload: `${text}${padding(16_384)}` });
    const longer = await forge(world, { payload: `${text}${padding(16_388)}` });
    expect([longest.length <= 16_384, longer.length > 16_384]).toEqual([true, true]);
    expect((await verifier.verifyCredential(longest)).outcome).toBe('accepted');
    const verdict = await verifier.verifyCredential(longer);
    expect(decisionOf(verdict)).toEqual(tooLarge);
    expect(verdict).toMatchObject({ reason: 'credential-malformed', claims: null });
    expect(decisionOf(await verifier.verifyCredential('?'.repeat(16_385)))).toEqual(tooLarge);
  });

  it('D-25 refuses a header of a megabyte at once, without a look at it', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const header = headerOf(world, { kid: `${world.issuer}#${'k'.repeat(1_000_000)}` });
    const token = await forge(world, { header });
    let fastestMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 10; i++) {
      const startedAt = performance.now();
      const verdict = await verifier.verifyCredential(token);
      fastestMs = Math.min(fastestMs, performance.now() - startedAt);
      expect(decisionOf(verdict)).toEqual(tooLarge);
    }
    expect(fastestMs).toBeLessThan(5);
    expect(world.fetch.asked).toEqual([]);
  });
});
