import { expect, it } from 'vitest';
import { eventOn, noon } from './entities.ts';
import type { WorldSource } from './world.ts';

export function auditTreeContract(world: WorldSource): void {
  const grow = (tiles: readonly { level: number; place: number; octets: number[] }[]) =>
    world().work.run(async ({ auditTree }) => {
      await auditTree.lock();
      await auditTree.putTiles(
        tiles.map(({ level, place, octets }) => ({
          level,
          place,
          hashes: Buffer.concat(octets.map((octet) => Buffer.alloc(32, octet))),
        })),
      );
    });
  const tree = () => world().readers.auditTree;

  it('begins empty', async () => {
    expect([await tree().countRecords(), await tree().countLeaves()]).toEqual([0, 0]);
    expect([await tree().findTile(0, 0), await tree().lastCheckpoint()]).toEqual([null, null]);
  });

  it('counts records by the head of the chain, and links them', async () => {
    await world().work.run(({ audit }) => audit.append([eventOn('agt_1'), eventOn('agt_2')]));
    expect(await tree().countRecords()).toBe(2);
    const links = await tree().readLinks(0, 10);
    expect(links.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(links[1]?.previousHash).toBe(links[0]?.hash);
    expect(await tree().readLinks(1, 10)).toEqual([links[1]]);
  });

  it('counts leaves by the last tile, and replaces a tile that grew', async () => {
    await grow([{ level: 0, place: 0, octets: [1, 2] }]);
    expect(await tree().countLeaves()).toBe(2);
    await grow([{ level: 0, place: 0, octets: [1, 2, 3] }]);
    expect(await tree().countLeaves()).toBe(3);
    const found = (await tree().findTile(0, 0)) ?? new Uint8Array(0);
    expect(Buffer.from(found)).toEqual(
      Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3)]),
    );
    await grow([
      { level: 0, place: 1, octets: [4] },
      { level: 1, place: 0, octets: [9, 9] },
    ]);
    expect(await tree().countLeaves()).toBe(257);
  });

  it('keeps checkpoints by size', async () => {
    const checkpoints = [2, 3, 1_000].map((size) => ({
      size,
      note: `note ${size}`,
      signedAt: noon(size),
    }));
    for (const checkpoint of checkpoints) {
      await world().work.run(({ auditTree }) => auditTree.insertCheckpoint(checkpoint));
    }
    expect(await tree().lastCheckpoint()).toEqual(checkpoints[2]);
    expect(await tree().listCheckpoints(2, 1)).toEqual([checkpoints[1]]);
  });
}
