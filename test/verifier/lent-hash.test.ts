import { describe, expect, it } from 'vitest';
import type { Sha256 } from '../../src/protocol/digest.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import { sha256AtOnce } from '../../src/verifier/node/sha256.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';

/** A verdict by a verifier whose host lends a hash, and the lengths of what was hashed. */
async function judgeWith(world: PaperWorld, sha256: Sha256 = sha256AtOnce) {
  const hashed: number[] = [];
  const fetch = Object.assign(world.fetch.bind(undefined), {
    allowLoopback: world.fetch.allowLoopback,
    sha256: (bytes: Uint8Array) => {
      hashed.push(bytes.length);
      return sha256(bytes);
    },
  });
  const verifier = createVerifier({ ...world.options(), fetch });
  const { outcome, reason } = await verifier.verifyClient(world.clientId);
  return { verdict: reason ?? outcome, hashed };
}

describe('a host that lends a hash', () => {
  it('hashes the document and its key with it', async () => {
    const { verdict, hashed } = await judgeWith(await createPaperWorld());
    expect([verdict, hashed.length]).toEqual(['accepted', 2]);
  });

  it('finds a document that was changed', async () => {
    const world = await createPaperWorld();
    await world.publish({ core: { ...world.core, client_name: 'Another name' } });
    expect((await judgeWith(world)).verdict).toBe('document-digest-mismatch');
  });

  it.each<[string, Sha256]>([
    [
      'breaks down',
      () => {
        throw new Error('out of order');
      },
    ],
    ['breaks down later', () => Promise.reject(new Error('out of order'))],
  ])('denies when the hash %s', async (_, sha256) => {
    const { verdict } = await judgeWith(await createPaperWorld(), sha256);
    expect(verdict).toBe('fetch-failed');
  });

  it('denies when the hash is another one', async () => {
    const { verdict } = await judgeWith(await createPaperWorld(), () => new Uint8Array(32));
    expect(verdict).toBe('document-digest-mismatch');
  });
});

it('the guarded fetch lends that of Node', () => {
  expect(guardedFetch().sha256).toBe(sha256AtOnce);
});
