import { describe, expect, it } from 'vitest';
import type { DeflateFormat, InflateAtOnce } from '../../src/protocol/inflate.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import { inflateAtOnce } from '../../src/verifier/node/inflate.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { publishTokens } from './support/status-papers.ts';

/** A verdict by a verifier whose host lends an inflater, and the formats that it was asked for. */
async function judgeWith(world: PaperWorld, inflate: InflateAtOnce = inflateAtOnce) {
  const asked: DeflateFormat[] = [];
  const lent: InflateAtOnce = (compressed, format, maxBytes) => {
    asked.push(format);
    return inflate(compressed, format, maxBytes);
  };
  const fetch = Object.assign(world.fetch.bind(undefined), {
    allowLoopback: world.fetch.allowLoopback,
    inflate: lent,
  });
  const verifier = createVerifier({ ...world.options(), fetch });
  const { outcome, reason } = await verifier.verifyClient(world.clientId);
  return { verdict: reason ?? outcome, asked };
}

describe('a host that lends an inflater', () => {
  it('inflates every bitstring list with it', async () => {
    const world = await createPaperWorld();
    expect(await judgeWith(world)).toEqual({ verdict: 'accepted', asked: ['gzip', 'gzip'] });
  });

  it('inflates token status lists with it', async () => {
    const world = await createPaperWorld();
    await publishTokens(world, world.index);
    expect(await judgeWith(world)).toEqual({ verdict: 'accepted', asked: ['deflate'] });
  });

  it('finds what is revoked', async () => {
    const world = await createPaperWorld();
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    expect((await judgeWith(world)).verdict).toBe('status-revoked');
  });

  it('may decline', async () => {
    const world = await createPaperWorld();
    const { verdict, asked } = await judgeWith(world, () => undefined);
    expect([verdict, asked.length]).toEqual(['accepted', 2]);
  });

  it('is not asked before the signature holds', async () => {
    const world = await createPaperWorld();
    world.publishIssuer([world.issuerKey, await createKey()]);
    for (const list of [world.revocationList, world.suspensionList]) {
      const answer = world.fetch.answers.get(list);
      if (typeof answer !== 'object') throw new Error('the list is published');
      const [header, payload] = String(answer.body).split('.');
      const signature = Buffer.alloc(64, 1).toString('base64url');
      world.serve(list, { ...answer, body: `${header}.${payload}.${signature}` });
    }
    expect(await judgeWith(world)).toEqual({ verdict: 'status-invalid', asked: [] });
  });

  it('denies when the inflater breaks down', async () => {
    const world = await createPaperWorld();
    const { verdict } = await judgeWith(world, () => {
      throw new Error('out of order');
    });
    expect(verdict).toBe('status-unavailable');
  });
});

it('the guarded fetch lends that of Node', () => {
  expect(guardedFetch().inflate).toBe(inflateAtOnce);
});
