import { expect, it } from 'vitest';
import { openRegistryWorld } from './registry-world.ts';

it('I-10 records a revocation while nothing can be signed, serves the former list, and publishes it later', async () => {
  const world = await openRegistryWorld();
  await world.enrol('billing-bot');
  const issued = await world.issue('billing-bot');
  await world.keep();
  const before = await world.document('/status/1r');
  expect(before?.body.byteLength).toBeGreaterThan(0);
  world.interruptions.beforeSigning = async () => {
    throw new Error('the signer is away');
  };
  world.clock.moveBy(1_000);
  const order = { ...world.caller, id: issued.id, reason: 'CHG-4712' };
  await expect(world.registry.revokeCredential(order)).rejects.toThrow('the signer is away');
  expect((await world.credential(issued.id)).revokedAt).not.toBeNull();
  expect(await world.document('/status/1r')).toEqual(before);
  world.interruptions.beforeSigning = async () => {};
  await world.keep();
  const after = await world.document('/status/1r');
  expect(after?.version).toBeGreaterThan(before?.version ?? 0);
  expect(after?.publishedAt.getTime()).toBeGreaterThan(before?.publishedAt.getTime() ?? 0);
});
