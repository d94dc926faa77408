import { beforeEach, describe, expect, it } from 'vitest';
import { isSignedBy, parseCheckpoint, parseVerifierKey } from '../../src/audit/checkpoint.ts';
import type { SignedCheckpoint } from '../../src/audit/tree-store.ts';
import { CheckpointKeeper } from '../../src/journeys/checkpoint-keeper.ts';
import { AuditContradiction } from '../../src/journeys/grow-audit-tree.ts';
import { makeAuditKey } from '../../src/veramo/audit-key.ts';
import { createVeramoSigner } from '../../src/veramo/veramo-signer.ts';
import { acme, eventOn } from '../contracts/entities.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';
import { newSeal } from '../veramo/made-keys.ts';

const seal = newSeal();

function openWorld() {
  const clock = new SettableClock('2026-11-20T12:00:00Z');
  const database = new MemoryDatabase({ clock });
  const copies: SignedCheckpoint[] = [];
  const said: SignedCheckpoint[] = [];
  const deps = {
    work: database,
    ...database.readers,
    signer: createVeramoSigner({ seal }),
    makeAuditKey: (order: Parameters<typeof makeAuditKey>[1]) => makeAuditKey(seal, order),
    copies: {
      append: async (checkpoint: SignedCheckpoint) => void copies.push(checkpoint),
      last: async () => copies.at(-1) ?? null,
      all: async () => copies,
    },
    clock,
    logOrigin: 'id.acme.com/audit',
    organizationId: acme.id,
    onSigned: (checkpoint: SignedCheckpoint) => void said.push(checkpoint),
  };
  const keeper = new CheckpointKeeper(deps);
  return {
    ...{ clock, database, copies, said, deps, keeper },
    record: (count: number) =>
      database.run(({ audit }) =>
        audit.append(Array.from({ length: count }, (_, at) => eventOn(`agt_${at}`))),
      ),
    document: async (path: string) => {
      const found = await database.readers.documents.find(path);
      return found === null ? null : new TextDecoder().decode(found.body);
    },
    sizes: () => copies.map(({ size }) => size),
  };
}

let world: ReturnType<typeof openWorld>;

beforeEach(() => {
  world = openWorld();
});

describe('a checkpoint', () => {
  it('is signed by a key of its own, copied, said and published', async () => {
    await world.record(3);
    const { size, note } = await world.keeper.sign();
    // The key that was made for it is recorded too.
    expect(size).toBe(4);
    expect(await world.document('/audit/checkpoint')).toBe(note);
    const key = parseVerifierKey((await world.document('/audit/key')) ?? '');
    const checkpoint = parseCheckpoint(note);
    expect(checkpoint).toMatchObject({ origin: 'id.acme.com/audit', size: 4 });
    expect(key !== null && checkpoint !== null && isSignedBy(checkpoint, [key])).toBe(true);
    expect([world.copies, world.said]).toMatchObject([[{ size: 4 }], [{ size: 4 }]]);
    expect(await world.database.readers.documents.find('/audit/checkpoint')).toMatchObject({
      mediaType: 'text/plain; charset=utf-8',
      cacheControl: 'public, max-age=5, must-revalidate',
    });
  });

  it('is signed at once when there is none, then once a minute if anything was recorded', async () => {
    await world.record(1);
    await world.keeper.round();
    expect(world.sizes()).toEqual([2]);
    await world.record(1);
    world.clock.moveBy(59_000);
    await world.keeper.round();
    expect(world.sizes()).toEqual([2]);
    world.clock.moveBy(1_000);
    await world.keeper.round();
    expect(world.sizes()).toEqual([2, 3]);
    world.clock.moveBy(600_000);
    await world.keeper.round();
    expect(world.sizes()).toEqual([2, 3]);
  });

  it('is signed as soon as a thousand records are not in one', async () => {
    await world.record(1);
    await world.keeper.round();
    await world.record(999);
    await world.keeper.round();
    expect(world.sizes()).toEqual([2]);
    await world.record(1);
    await world.keeper.round();
    expect(world.sizes()).toEqual([2, 1_002]);
  });

  it('is the one there is for a record that it has, and a new one for another', async () => {
    await world.record(5);
    const first = await world.keeper.cover(3);
    expect(await world.keeper.cover(6)).toEqual(first);
    await world.record(1);
    expect(await world.keeper.cover(7)).toMatchObject({ size: 7 });
  });

  it('is taken from whichever process signed more, when several do', async () => {
    const other = new CheckpointKeeper(world.deps);
    await world.record(5);
    const [one, two] = await Promise.all([world.keeper.sign(), other.sign()]);
    expect(one.size).toBe(two.size);
    const checkpoints = await world.database.readers.auditTree.listCheckpoints(0, 10);
    expect(checkpoints.map(({ size }) => size)).toEqual([6]);
  });

  it('brings in a long chain that was there before', async () => {
    await world.record(25_000);
    expect(await world.keeper.sign()).toMatchObject({ size: 25_001 });
    expect(await world.database.readers.auditTree.countLeaves()).toBe(25_001);
  });
});

describe('nothing is signed', () => {
  it('that contradicts the second place', async () => {
    await world.record(5);
    await world.keeper.sign();
    const [copy] = world.copies;
    if (copy === undefined) throw new Error('no copy');
    const other = Buffer.alloc(32, 7).toString('base64');
    world.copies[0] = { ...copy, note: copy.note.replace(/\n[^\n]{44}\n/, `\n${other}\n`) };
    await world.record(1);
    await expect(world.keeper.sign()).rejects.toThrow(
      'The first 6 records are not those of the checkpoint in the second place.',
    );
    expect(world.keeper.trouble).toMatchObject({ contradicts: true });
    expect(world.copies).toHaveLength(1);
    world.copies[0] = copy;
    await world.keeper.round();
    expect([world.keeper.trouble, world.sizes()]).toEqual([null, [6, 7]]);
  });

  it('by a database that is behind the second place, as after a restore', async () => {
    await world.record(5);
    await world.keeper.sign();
    const restored = openWorld();
    restored.copies.push(...world.copies);
    await restored.record(2);
    await expect(restored.keeper.sign()).rejects.toThrow(AuditContradiction);
    // What is recorded instead is another trail, and stays one.
    await restored.record(50);
    await expect(restored.keeper.round()).rejects.toThrow(AuditContradiction);
    expect(restored.said).toEqual([]);
    expect(await restored.document('/audit/checkpoint')).toBeNull();
  });

  it('while the second place takes nothing; then it goes on by itself', async () => {
    await world.record(1);
    let isFull = true;
    const append = async (checkpoint: SignedCheckpoint) => {
      if (isFull) throw new Error('ENOSPC');
      world.copies.push(checkpoint);
    };
    const keeper = new CheckpointKeeper({
      ...world.deps,
      copies: { ...world.deps.copies, append },
    });
    await expect(keeper.round()).rejects.toThrow('ENOSPC');
    expect(keeper.trouble).toMatchObject({ contradicts: false });
    expect(await world.document('/audit/checkpoint')).toBeNull();
    isFull = false;
    await keeper.round();
    expect([keeper.trouble, world.sizes()]).toEqual([null, [2]]);
  });
});
