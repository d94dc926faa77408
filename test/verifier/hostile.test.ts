import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld } from './support/paper-world.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n~';

describe('a passport that was changed in any way', () => {
  it('is never accepted: one character put in the place of another', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const jwt = await world.issue();
    const mutation = fc.tuple(fc.nat(jwt.length - 1), fc.constantFrom(...alphabet));
    await fc.assert(
      fc.asyncProperty(mutation, async ([at, character]) => {
        fc.pre(jwt[at] !== character);
        const changed = `${jwt.slice(0, at)}${character}${jwt.slice(at + 1)}`;
        const { outcome, claims } = await verifier.verifyCredential(changed);
        expect(outcome).not.toBe('accepted');
        expect(claims).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['padded', (jwt: string) => `${jwt}=`],
    ['with a line break', (jwt: string) => `${jwt}\n`],
    ['with a fourth part', (jwt: string) => `${jwt}.`],
    ['with disclosures', (jwt: string) => `${jwt}~`],
    ['in another case', (jwt: string) => jwt.toUpperCase()],
    ['cut short', (jwt: string) => jwt.slice(0, -1)],
    ['as JSON', (jwt: string) => JSON.stringify({ payload: jwt.split('.')[1] })],
    ['very long', (jwt: string) => jwt + 'A'.repeat(20_000)],
  ])('is never accepted: %s', async (_name, change) => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const verdict = await verifier.verifyCredential(change(await world.issue()));
    expect(verdict).toMatchObject({ outcome: 'rejected', claims: null });
    expect(world.fetch.asked.filter((url) => url.includes('/status/'))).toEqual([]);
  });
});

describe('a document that says anything at all', () => {
  it('gets a verdict, and is not accepted', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    await fc.assert(
      fc.asyncProperty(fc.json(), async (body) => {
        world.serve(world.clientId, { headers: { 'content-type': 'application/json' }, body });
        verifier.invalidate(world.clientId);
        const { outcome } = await verifier.verifyClient(world.clientId);
        expect(outcome).toBe('rejected');
      }),
      { numRuns: 300 },
    );
    expect({}).not.toHaveProperty('polluted');
  });

  it('gets a verdict wherever a value of another kind stands in its place', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const member = fc.constantFrom(...Object.keys(world.core), 'vc+jwt', 'jwks');
    await fc.assert(
      fc.asyncProperty(member, fc.jsonValue(), async (name, value) => {
        const changed = { ...world.core, 'vc+jwt': await world.issue(), [name]: value };
        fc.pre(JSON.stringify(value) !== JSON.stringify(world.core[name]));
        world.serveJson(world.clientId, changed);
        verifier.invalidate(world.clientId);
        const { outcome } = await verifier.verifyClient(world.clientId);
        expect(outcome).not.toBe('accepted');
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is accepted', () => {
  it('has the claims that were signed, word for word', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const jwt = await world.issue({ name: 'Bot “Ünïcödé” 🤖' });
    const { claims } = await verifier.verifyCredential(jwt);
    const signed = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toEqual(signed.credentialSubject);
  });
});
