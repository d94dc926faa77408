import { createHash } from 'node:crypto';

// The definitions of RFC 6962 §2.1 as they stand there, apart from what is tested: lists of leaves are
// cut in two at the largest power of two below their length, and nothing is remembered.

type Octets = Uint8Array;

function sha256(...parts: readonly Octets[]): Octets {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function cut(length: number): number {
  return 2 ** (Math.ceil(Math.log2(length)) - 1);
}

/** MTH: the root over entries, each as the octets that a leaf is made of. */
export function rootOfEntries(entries: readonly Octets[]): Octets {
  const [only] = entries;
  if (only === undefined) return sha256();
  if (entries.length === 1) return sha256(Buffer.from([0]), only);
  const k = cut(entries.length);
  return sha256(
    Buffer.from([1]),
    rootOfEntries(entries.slice(0, k)),
    rootOfEntries(entries.slice(k)),
  );
}

/** PATH(m, D[n]). */
export function pathTo(m: number, entries: readonly Octets[]): readonly Octets[] {
  if (entries.length <= 1) return [];
  const k = cut(entries.length);
  return m < k
    ? [...pathTo(m, entries.slice(0, k)), rootOfEntries(entries.slice(k))]
    : [...pathTo(m - k, entries.slice(k)), rootOfEntries(entries.slice(0, k))];
}

/** PROOF(m, D[n]). */
export function proofFrom(m: number, entries: readonly Octets[]): readonly Octets[] {
  return m === 0 || m === entries.length ? [] : subProof(m, entries, true);
}

function subProof(m: number, entries: readonly Octets[], isKnown: boolean): readonly Octets[] {
  if (m === entries.length) return isKnown ? [] : [rootOfEntries(entries)];
  const k = cut(entries.length);
  return m <= k
    ? [...subProof(m, entries.slice(0, k), isKnown), rootOfEntries(entries.slice(k))]
    : [...subProof(m - k, entries.slice(k), false), rootOfEntries(entries.slice(0, k))];
}

/** The root that a path leads to, by the recursion of PATH turned round. */
export function rootFromPath(
  place: { readonly m: number; readonly n: number; readonly entry: Octets },
  path: readonly Octets[],
): Octets | null {
  const { m, n, entry } = place;
  if (n === 1) return path.length === 0 ? sha256(Buffer.from([0]), entry) : null;
  const other = path.at(-1);
  if (other === undefined) return null;
  const k = cut(n);
  const rest = path.slice(0, -1);
  const left = m < k;
  const below = rootFromPath({ entry, ...(left ? { m, n: k } : { m: m - k, n: n - k }) }, rest);
  if (below === null) return null;
  return left ? sha256(Buffer.from([1]), below, other) : sha256(Buffer.from([1]), other, below);
}

/** Both roots that a consistency proof leads to, by the recursion of SUBPROOF turned round. */
export function rootsFromProof(
  step: { readonly m: number; readonly n: number; readonly known: Octets | null },
  proof: readonly Octets[],
): readonly [Octets, Octets] | null {
  const { m, n, known } = step;
  const last = proof.at(-1);
  if (m === n) {
    if (known !== null) return proof.length === 0 ? [known, known] : null;
    return proof.length === 1 && last !== undefined ? [last, last] : null;
  }
  if (last === undefined) return null;
  const rest = proof.slice(0, -1);
  const k = cut(n);
  if (m <= k) {
    const below = rootsFromProof({ m, n: k, known }, rest);
    return below && [below[0], sha256(Buffer.from([1]), below[1], last)];
  }
  const below = rootsFromProof({ m: m - k, n: n - k, known: null }, rest);
  return (
    below && [sha256(Buffer.from([1]), last, below[0]), sha256(Buffer.from([1]), last, below[1])]
  );
}
