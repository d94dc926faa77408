import { hash } from 'node:crypto';

/** A node of the tree: 32 octets of SHA-256. */
export type TreeHash = Uint8Array;

/** How many octets a node has. */
export const treeHashBytes = 32;

// What is hashed is put together here again and again: a million of records is many small texts.
const leafInput = Buffer.alloc(1 + treeHashBytes, 0x00);
const nodeInput = Buffer.alloc(1 + 2 * treeHashBytes, 0x01);

/**
 * The leaf of a record: its hash in the chain is what the leaf commits to, so that the leaf fixes the
 * record and all records before it. RFC 6962 §2.1: SHA-256(0x00 || the 32 octets of the hash).
 * `recordHash`: in hex, as records have it.
 */
export function leafOf(recordHash: string): TreeHash {
  leafInput.write(recordHash, 1, 'hex');
  return hash('sha256', leafInput, 'buffer');
}

/** The node above two others. RFC 6962 §2.1: SHA-256(0x01 || left || right). */
export function nodeOf(left: TreeHash, right: TreeHash): TreeHash {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + treeHashBytes);
  return hash('sha256', nodeInput, 'buffer');
}

/** The root of a tree without leaves. RFC 6962 §2.1: the hash of nothing. */
export function emptyRoot(): TreeHash {
  return hash('sha256', '', 'buffer');
}

/** The largest power of two that is smaller than a size above 1. */
export function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The right edge of a growing tree: log n nodes, from which its root is told at every size. */
export class TreeFrontier {
  readonly #complete: (TreeHash | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Takes in the next leaf. */
  push(leaf: TreeHash): void {
    let node = leaf;
    let level = 0;
    for (let left = this.#complete[level]; left !== undefined; left = this.#complete[level]) {
      node = nodeOf(left, node);
      this.#complete[level] = undefined;
      level += 1;
    }
    this.#complete[level] = node;
    this.#size += 1;
  }

  /** The root over all leaves so far. */
  root(): TreeHash {
    const nodes = this.#complete.filter((node) => node !== undefined);
    const [smallest, ...larger] = nodes;
    if (smallest === undefined) return emptyRoot();
    return larger.reduce((right, left) => nodeOf(left, right), smallest);
  }
}

/** The root over a few leaves that are all at hand. */
export function rootOver(leaves: readonly TreeHash[]): TreeHash {
  const frontier = new TreeFrontier();
  for (const leaf of leaves) frontier.push(leaf);
  return frontier.root();
}

/** Whether two hashes are the same octets. */
export function isSameHash(one: TreeHash, other: TreeHash): boolean {
  return Buffer.compare(one, other) === 0;
}

/** A leaf, where it stands, and the nodes that lead from it to a root. */
export interface InclusionProof {
  readonly leaf: TreeHash;
  /** Counted from 0: the record's sequence number less one. */
  readonly index: number;
  readonly size: number;
  readonly path: readonly TreeHash[];
}

/** Whether the proof leads to this root. RFC 9162 §2.1.3.2; the tree is that of RFC 6962. */
export function provesInclusion(proof: InclusionProof, root: TreeHash): boolean {
  const { leaf, index, size, path } = proof;
  if (!isPlace(index, size)) return false;
  let place = index;
  let last = size - 1;
  let node = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      node = nodeOf(sibling, node);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      node = nodeOf(node, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && isSameHash(node, root);
}

/** Two sizes of one tree, and the nodes that lead from the first to the second. */
export interface ConsistencyProof {
  readonly from: number;
  readonly to: number;
  readonly path: readonly TreeHash[];
}

/** Whether the second tree begins with all leaves of the first. RFC 9162 §2.1.4.2. */
export function provesConsistency(
  { from, to, path }: ConsistencyProof,
  { first, second }: { readonly first: TreeHash; readonly second: TreeHash },
): boolean {
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to)) || from < 0 || from > to) {
    return false;
  }
  if (from === to) return path.length === 0 && isSameHash(first, second);
  if (from === 0) return path.length === 0 && isSameHash(first, emptyRoot());
  const [start, ...rest] = isPowerOfTwo(from) ? [first, ...path] : path;
  return start !== undefined && leadsToBoth({ from, to, start, rest }, { first, second });
}

function leadsToBoth(
  walk: {
    readonly from: number;
    readonly to: number;
    readonly start: TreeHash;
    readonly rest: readonly TreeHash[];
  },
  { first, second }: { readonly first: TreeHash; readonly second: TreeHash },
): boolean {
  let [place, last] = [walk.from - 1, walk.to - 1];
  while (place % 2 === 1) [place, last] = [half(place), half(last)];
  let [former, present] = [walk.start, walk.start];
  for (const node of walk.rest) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      [former, present] = [nodeOf(node, former), nodeOf(node, present)];
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      present = nodeOf(present, node);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && isSameHash(former, first) && isSameHash(present, second);
}

function isPlace(index: number, size: number): boolean {
  return Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size;
}

function isPowerOfTwo(size: number): boolean {
  return size === 1 || splitOf(size) * 2 === size;
}

/** Without bit operators, which know 32 bits. */
function half(place: number): number {
  return Math.floor(place / 2);
}
