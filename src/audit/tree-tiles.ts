import {
  type ConsistencyProof,
  emptyRoot,
  type InclusionProof,
  leafOf,
  nodeOf,
  rootOver,
  splitOf,
  type TreeHash,
  treeHashBytes,
} from './merkle-tree.ts';

/** How many nodes a full tile has: eight levels of the tree lie between two levels of tiles. */
export const tileWidth = 256;

/**
 * A row of neighbouring nodes, 32 octets each. At level 0 they are leaves; at level n + 1 each is the
 * root of a full tile of level n. Only the last tile of a level has fewer than 256, and a node that is
 * in one never changes: a tree only grows at its right edge.
 */
export interface Tile {
  readonly level: number;
  /** Counted from 0 within the level. */
  readonly place: number;
  readonly hashes: Uint8Array;
}

/** Finds a tile; null for one that is not there. */
export type FindTile = (level: number, place: number) => Promise<Uint8Array | null>;

/** Tiles that a tree needs and does not have: what is stored is not a tree. */
export class TreeDamaged extends Error {
  override readonly name = 'TreeDamaged';
}

/**
 * The tiles that change when records are appended to a tree of `size` leaves: as many as the records
 * fill, and one at the right edge of each level.
 */
export async function growTiles(
  find: FindTile,
  { size, hashes }: { readonly size: number; readonly hashes: readonly string[] },
): Promise<readonly Tile[]> {
  const grown: Tile[] = [];
  let news: readonly TreeHash[] = hashes.map(leafOf);
  let start = size;
  for (let level = 0; news.length > 0; level += 1) {
    const row = await growRow(find, { level, start, news });
    grown.push(...row);
    const full = row.filter(({ hashes: held }) => held.length === tileWidth * treeHashBytes);
    start = full[0]?.place ?? 0;
    news = full.map(({ hashes: held }) => rootOver(nodesOf(held)));
  }
  return grown;
}

async function growRow(
  find: FindTile,
  row: { readonly level: number; readonly start: number; readonly news: readonly TreeHash[] },
): Promise<readonly Tile[]> {
  const { level, start, news } = row;
  const first = Math.floor(start / tileWidth);
  const kept = start % tileWidth;
  const edge = kept === 0 ? new Uint8Array(0) : await find(level, first);
  if (edge === null || edge.length < kept * treeHashBytes) throw missing(level, first);
  const nodes = [...nodesOf(edge.subarray(0, kept * treeHashBytes)), ...news];
  return Array.from({ length: Math.ceil(nodes.length / tileWidth) }, (_, at) => ({
    level,
    place: first + at,
    hashes: Buffer.concat(nodes.slice(at * tileWidth, (at + 1) * tileWidth)),
  }));
}

/** The nodes of a tile. */
export function nodesOf(hashes: Uint8Array): readonly TreeHash[] {
  return Array.from({ length: hashes.length / treeHashBytes }, (_, at) =>
    hashes.subarray(at * treeHashBytes, (at + 1) * treeHashBytes),
  );
}

/**
 * A tree that is read from its tiles: roots and proofs at every size up to that of what is stored,
 * with as many look-ups as a tree of 256 branches has levels. Throws TreeDamaged where a tile is missing.
 */
export class TiledTree {
  readonly #find: FindTile;
  readonly #held = new Map<string, Promise<Uint8Array | null>>();

  constructor(find: FindTile) {
    this.#find = find;
  }

  /** The root of the first `size` leaves. */
  async rootAt(size: number): Promise<TreeHash> {
    return size === 0 ? emptyRoot() : this.#over(0, size);
  }

  /** RFC 6962 §2.1.1: the path from the leaf at `index` to the root of the first `size` leaves. */
  async proveInclusion(index: number, size: number): Promise<InclusionProof> {
    if (index < 0 || index >= size) throw new RangeError('a leaf outside of the tree');
    const path: TreeHash[] = [];
    let [from, to] = [0, size];
    while (to - from > 1) {
      const middle = from + splitOf(to - from);
      path.push(index < middle ? await this.#over(middle, to) : await this.#over(from, middle));
      if (index < middle) to = middle;
      else from = middle;
    }
    return { leaf: await this.#over(index, index + 1), index, size, path: path.reverse() };
  }

  /** RFC 6962 §2.1.2: that the first `to` leaves begin with the first `from`. */
  async proveConsistency(from: number, to: number): Promise<ConsistencyProof> {
    if (from < 0 || from > to) throw new RangeError('a tree does not shrink');
    if (from === 0 || from === to) return { from, to, path: [] };
    const path: TreeHash[] = [];
    let [start, end] = [0, to];
    while (end !== from) {
      const middle = start + splitOf(end - start);
      path.push(from <= middle ? await this.#over(middle, end) : await this.#over(start, middle));
      if (from <= middle) end = middle;
      else start = middle;
    }
    // The first tree is known to the reader as a whole: its own root need not be said.
    if (start > 0) path.push(await this.#over(start, end));
    return { from, to, path: path.reverse() };
  }

  async #over(from: number, to: number): Promise<TreeHash> {
    const count = to - from;
    if (count === 1 || splitOf(count) * 2 === count) return this.#node(from, count);
    const middle = from + splitOf(count);
    return nodeOf(await this.#over(from, middle), await this.#over(middle, to));
  }

  /** The node above `count` leaves, a power of two, of which the first is at a multiple of it. */
  async #node(from: number, count: number): Promise<TreeHash> {
    let level = 0;
    let [start, width] = [from, count];
    while (width >= tileWidth) {
      level += 1;
      [start, width] = [start / tileWidth, width / tileWidth];
    }
    const place = Math.floor(start / tileWidth);
    const hashes = await this.#tile(level, place);
    const first = (start % tileWidth) * treeHashBytes;
    const part = hashes?.subarray(first, first + width * treeHashBytes);
    if (part === undefined || part.length < width * treeHashBytes) throw missing(level, place);
    return rootOver(nodesOf(part));
  }

  #tile(level: number, place: number): Promise<Uint8Array | null> {
    const name = `${level}/${place}`;
    const tile = this.#held.get(name) ?? this.#find(level, place);
    this.#held.set(name, tile);
    return tile;
  }
}

function missing(level: number, place: number): TreeDamaged {
  return new TreeDamaged(`The tile ${place} of level ${level} is missing or too short.`);
}
