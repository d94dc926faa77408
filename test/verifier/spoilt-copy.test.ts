import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';

const tagged = { etag: '"1"', 'content-type': 'application/json' };

async function spoil(world: PaperWorld): Promise<() => void> {
  const jwt = await world.sign(await world.passport(), {
    key: { ...(await createKey()), thumbprint: world.issuerKey.thumbprint },
  });
  const body = (passport: string) => JSON.stringify({ ...world.core, 'vc+jwt': passport });
  const genuine = body(await world.issue());
  world.serve(world.clientId, { headers: tagged, body: body(jwt) });
  return () => world.serve(world.clientId, { headers: tagged, body: genuine });
}

describe('a document that was spoilt on its way, under the entity tag of the genuine one', () => {
  it('is refused, and does not lock the client out', async () => {
    const world = await createPaperWorld();
    const mend = await spoil(world);
    const verifier = createVerifier(world.options());
    const judge = async () => (await verifier.verifyClient(world.clientId)).reason;
    expect(await judge()).toBe('signature-invalid');
    mend();
    expect(await judge()).toBe('signature-invalid');
    world.advance(1_000);
    expect(await judge()).toBeNull();
  });

  it('is asked for again once a second at the most', async () => {
    const world = await createPaperWorld();
    await spoil(world);
    const verifier = createVerifier(world.options());
    const asked = () => world.fetch.asked.filter((url) => url === world.clientId).length;
    for (let at = 0; at < 20; at += 1) {
      await verifier.verifyClient(world.clientId);
      world.advance(100);
    }
    expect(asked()).toBe(2);
  });
});
