import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  emptyRoot,
  leafOf,
  provesConsistency,
  provesInclusion,
  TreeFrontier,
} from '../../src/audit/merkle-tree.ts';
import { growTiles, TiledTree, TreeDamaged } from '../../src/audit/tree-tiles.ts';
import {
  pathTo,
  proofFrom,
  rootFromPath,
  rootOfEntries,
  rootsFromProof,
} from './recursive-tree.ts';

/** Hashes as records have them. */
function hashesOf(count: number): string[] {
  return Array.from({ length: count }, (_, at) =>
    createHash('sha256').update(`record ${at}`).digest('hex'),
  );
}

function entriesOf(hashes: readonly string[]): Buffer[] {
  return hashes.map((hash) => Buffer.from(hash, 'hex'));
}

/** A tree in tiles that grew in steps of these sizes. */
async function grown(hashes: readonly string[], steps: readonly number[]) {
  const tiles = new Map<string, Uint8Array>();
  const find = async (level: number, place: number) => tiles.get(`${level}/${place}`) ?? null;
  let size = 0;
  for (const step of steps) {
    const news = hashes.slice(size, size + step);
    for (const { level, place, hashes: held } of await growTiles(find, { size, hashes: news })) {
      tiles.set(`${level}/${place}`, held);
    }
    size += news.length;
  }
  return { tiles, tree: new TiledTree(find) };
}

const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64');

describe('the root', () => {
  it('of no leaves is the hash of nothing', () => {
    expect(base64(emptyRoot())).toBe('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
  });

  it('of one leaf is the leaf: SHA-256 of a zero octet and the hash of the record', () => {
    const frontier = new TreeFrontier();
    frontier.push(leafOf('00'.repeat(32)));
    expect(base64(frontier.root())).toBe('f5yeMayCVsovJYWD3yYtvH1vaPKgMEPVyZpK5ac5bOk=');
  });

  it('is at every size what the recursive definition says', () => {
    const hashes = hashesOf(70);
    const frontier = new TreeFrontier();
    for (const [at, hash] of hashes.entries()) {
      frontier.push(leafOf(hash));
      expect(base64(frontier.root())).toBe(
        base64(rootOfEntries(entriesOf(hashes.slice(0, at + 1)))),
      );
    }
  });
});

describe('a tree in tiles', () => {
  it('is the same tree however it grew', async () => {
    const hashes = hashesOf(1_000);
    const forms = [[1_000], [1, 255, 1, 300, 443], [256, 256, 256, 232], Array(100).fill(10)];
    for (const steps of forms) {
      const { tree } = await grown(hashes, steps);
      for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 513, 999, 1_000]) {
        const expected = rootOfEntries(entriesOf(hashes.slice(0, size)));
        expect(base64(await tree.rootAt(size))).toBe(base64(expected));
      }
    }
  });

  it('keeps the roots of full tiles in tiles of the next level', async () => {
    const hashes = hashesOf(256 * 256 + 300);
    const { tiles, tree } = await grown(hashes, [65_000, 536, 300]);
    expect([tiles.get('1/0')?.length, tiles.get('1/1')?.length]).toEqual([256 * 32, 32]);
    expect(tiles.get('2/0')?.length).toBe(32);
    const frontier = new TreeFrontier();
    for (const hash of hashes) frontier.push(leafOf(hash));
    expect(base64(await tree.rootAt(hashes.length))).toBe(base64(frontier.root()));
  });

  it('says that it is damaged rather than give a root of less', async () => {
    const { tiles, tree } = await grown(hashesOf(600), [600]);
    tiles.set('0/2', (tiles.get('0/2') ?? new Uint8Array(0)).subarray(0, 32));
    await expect(tree.rootAt(600)).rejects.toThrow(TreeDamaged);
  });
});

describe('proofs', () => {
  it('of inclusion are those of the recursive definition, at every place of many sizes', async () => {
    const hashes = hashesOf(40);
    const { tree } = await grown(hashes, [40]);
    for (let size = 1; size <= 40; size += 1) {
      const entries = entriesOf(hashes.slice(0, size));
      const root = rootOfEntries(entries);
      for (const [index, entry] of entries.entries()) {
        const proof = await tree.proveInclusion(index, size);
        expect(proof.path.map(base64)).toEqual(pathTo(index, entries).map(base64));
        expect(rootFromPath({ m: index, n: size, entry }, proof.path)).toEqual(root);
        expect(provesInclusion(proof, root)).toBe(true);
      }
    }
  });

  it('of consistency are those of the recursive definition, between many sizes', async () => {
    const hashes = hashesOf(40);
    const { tree } = await grown(hashes, [40]);
    for (let to = 1; to <= 40; to += 1) {
      const entries = entriesOf(hashes.slice(0, to));
      const second = rootOfEntries(entries);
      for (let from = 1; from <= to; from += 1) {
        const first = rootOfEntries(entries.slice(0, from));
        const proof = await tree.proveConsistency(from, to);
        expect(proof.path.map(base64)).toEqual(proofFrom(from, entries).map(base64));
        expect(rootsFromProof({ m: from, n: to, known: first }, proof.path)).toEqual([
          first,
          second,
        ]);
        expect(provesConsistency(proof, { first, second })).toBe(true);
      }
    }
  });

  it('across tiles hold as well', async () => {
    const hashes = hashesOf(700);
    const { tree } = await grown(hashes, [700]);
    const entries = entriesOf(hashes);
    for (const [from, to] of [
      [1, 700],
      [255, 257],
      [256, 512],
      [300, 699],
    ] as const) {
      const [first, second] = [from, to].map((size) => rootOfEntries(entries.slice(0, size)));
      if (first === undefined || second === undefined) throw new RangeError();
      const proof = await tree.proveConsistency(from, to);
      expect(proof.path.map(base64)).toEqual(proofFrom(from, entries.slice(0, to)).map(base64));
      expect(provesConsistency(proof, { first, second })).toBe(true);
    }
    const proof = await tree.proveInclusion(600, 700);
    expect(proof.path.map(base64)).toEqual(pathTo(600, entries).map(base64));
  });

  it('of inclusion hold for one leaf, one place, one size and one root alone', async () => {
    const hashes = hashesOf(11);
    const { tree } = await grown(hashes, [11]);
    const proof = await tree.proveInclusion(6, 11);
    const root = await tree.rootAt(11);
    expect(provesInclusion(proof, root)).toBe(true);
    const [first = new Uint8Array(32), ...rest] = proof.path;
    for (const wrong of [
      { ...proof, leaf: leafOf('11'.repeat(32)) },
      { ...proof, index: 5 },
      { ...proof, index: 11 },
      { ...proof, index: -1 },
      { ...proof, index: 0.5 },
      { ...proof, size: 5 },
      { ...proof, path: rest },
      { ...proof, path: [...proof.path, first] },
      { ...proof, path: [leafOf('11'.repeat(32)), ...rest] },
    ]) {
      expect(provesInclusion(wrong, root)).toBe(false);
    }
    expect(provesInclusion(proof, await tree.rootAt(10))).toBe(false);
  });

  it('of consistency hold for two sizes and their roots alone', async () => {
    const { tree } = await grown(hashesOf(11), [11]);
    const proof = await tree.proveConsistency(6, 11);
    const roots = { first: await tree.rootAt(6), second: await tree.rootAt(11) };
    expect(provesConsistency(proof, roots)).toBe(true);
    const [first = new Uint8Array(32), ...rest] = proof.path;
    for (const wrong of [
      { ...proof, from: 5 },
      { ...proof, from: 12 },
      { ...proof, from: -1 },
      { ...proof, from: 11, to: 11 },
      { ...proof, path: [] },
      { ...proof, path: rest },
      { ...proof, path: [...proof.path, first] },
    ]) {
      expect(provesConsistency(wrong, roots)).toBe(false);
    }
    expect(provesConsistency(proof, { ...roots, first: roots.second })).toBe(false);
    expect(provesConsistency(proof, { ...roots, second: roots.first })).toBe(false);
    const fromNothing = { from: 0, to: 11, path: [] };
    expect(provesConsistency(fromNothing, { ...roots, first: emptyRoot() })).toBe(true);
    expect(provesConsistency(fromNothing, roots)).toBe(false);
    expect(provesConsistency({ from: 11, to: 11, path: [] }, roots)).toBe(false);
  });
});
