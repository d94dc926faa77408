import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
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

describe('a finding that an old copy can cause is checked against the origin', () => {
  const day = 86_400_000;
  const other = { subject: 'https://id.acme.com/a/other-bot/client.json' };

  it.each<[string, (world: PaperWorld) => Promise<void>]>([
    [
      'expired',
      async (world) => {
        const [validFrom, validUntil] = [2, 1].map((days) => new Date(world.clock() - days * day));
        if (validFrom === undefined || validUntil === undefined) throw new Error('two instants');
        await world.publish({ jwt: await world.issue({ validFrom, validUntil }) });
      },
    ],
    [
      'subject-mismatch',
      async (world) => {
        const passport = await world.passport();
        const subject = { ...(passport['credentialSubject'] as JsonObject), id: other.subject };
        const changed = { ...passport, credentialSubject: subject, sub: other.subject };
        await world.publish({ jwt: await world.sign(changed) });
      },
    ],
    [
      'document-digest-mismatch',
      (world) => world.publish({ core: { ...world.core, client_name: 'Another name' } }),
    ],
    [
      'key-binding-mismatch',
      async (world) => {
        world.publishKeys([await createKey()]);
      },
    ],
    ['status-revoked', (world) => world.publishList({ purpose: 'revocation', set: [world.index] })],
    [
      'status-suspended',
      (world) => world.publishList({ purpose: 'suspension', set: [world.index] }),
    ],
  ])('%s', async (reason, worsen) => {
    const world = await createPaperWorld();
    const good = new Map(world.fetch.answers);
    await worsen(world);
    const verifier = createVerifier(world.options());
    const judge = async () => (await verifier.verifyClient(world.clientId)).reason;
    expect(await judge()).toBe(reason);
    for (const [url, answer] of good) world.serve(url, answer);
    world.advance(1_000);
    await world.publishList({ purpose: 'revocation' });
    await world.publishList({ purpose: 'suspension' });
    expect(await judge()).toBeNull();
  });
});
