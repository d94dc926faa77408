import { isJsonObject, type JsonValue } from '../protocol/strict-json.ts';
import type { AuditRecord } from './audit-event.ts';
import type { AuditReader } from './audit-trail.ts';
import { type ChainHead, genesisHash, hashRecord } from './hash-chain.ts';
import { emptyRoot, isSameHash, leafOf, TreeFrontier, type TreeHash } from './merkle-tree.ts';
import type { AuditTreeReader } from './tree-store.ts';
import { nodesOf, tileWidth } from './tree-tiles.ts';

const recordsPerRead = 2_000;

/** What the check of the whole trail found. `brokenAt` is the first sequence number that is wrong. */
export interface AuditVerification {
  readonly intact: boolean;
  readonly records: number;
  readonly headHash: string;
  /** The root of the tree over the records that were found right. */
  readonly root: TreeHash;
  readonly brokenAt: number | null;
  readonly detail: string | null;
}

/** A tree that the trail must have been at that size, and who says so, in words. */
export interface KnownTree {
  readonly size: number;
  readonly root: TreeHash;
  readonly place: string;
}

/** What is walked, and what it is compared with. */
export interface VerifyAuditDeps {
  readonly audit: Pick<AuditReader, 'readAfter'>;
  readonly auditTree: Pick<AuditTreeReader, 'countRecords' | 'countLeaves' | 'findTile'>;
}

/**
 * Walks the trail from its first record, and stops at the first that was altered, removed, moved or
 * inserted, by the chain, by the tree that is stored, or by a tree that is known from elsewhere. A
 * trail that was cut off, or written anew with all its hashes, is seen by the trees that are known.
 */
export async function verifyAuditTrail(
  deps: VerifyAuditDeps,
  known: readonly KnownTree[] = [],
): Promise<AuditVerification> {
  const counted = await deps.auditTree.countRecords();
  const leaves = await deps.auditTree.countLeaves();
  const walk = new TrailWalk(known, { tiled: true });
  for await (const records of pagesOf(deps.audit)) {
    for (const record of records) {
      const fault = walk.take(record);
      if (fault === null) continue;
      // A record that was written anew with its hash shows in the tree before it does in the next link.
      const earlier = await walk.differsFrom(deps.auditTree, { leaves, isLast: true });
      return walk.broken(earlier ?? fault);
    }
    const other = await walk.differsFrom(deps.auditTree, { leaves, isLast: records.length === 0 });
    if (other !== null) return walk.broken(other);
  }
  const end = Math.max(counted, leaves);
  if (end > walk.head.sequence) return walk.broken(cutOff(walk.head.sequence, end, 'the database'));
  return walk.end();
}

/** All records in pages, an empty one at the end. While a page is walked, the next is being read. */
async function* pagesOf(audit: VerifyAuditDeps['audit']) {
  let reading = audit.readAfter(0, recordsPerRead);
  for (;;) {
    const records = await reading;
    const last = records.at(-1);
    if (last !== undefined) {
      reading = audit.readAfter(last.sequence, recordsPerRead);
      // Who stops early does not wait for it; who goes on hears of its failure above.
      reading.catch(() => undefined);
    }
    yield records;
    if (last === undefined) return;
  }
}

/** Where a trail stops being right, and in which way. */
export interface TrailFault {
  readonly at: number;
  readonly detail: string;
}

/** The records before it are missing where others say that there are more. */
function cutOff(records: number, size: number, place: string): TrailFault {
  const detail = `the trail ends here, and ${place} says that it has ${size} records`;
  return { at: records + 1, detail };
}

/** One walk over records in order, however they are read. */
export class TrailWalk {
  readonly #frontier = new TreeFrontier();
  readonly #known: readonly KnownTree[];
  readonly #tiled: boolean;
  #head: ChainHead = { sequence: 0, hash: genesisHash };
  /** How many of the known trees were met. */
  #met = 0;
  /** The size of the last known tree that agreed. */
  #agreed = 0;
  /** Leaves that were not compared with the stored tiles yet; none where there are no tiles. */
  #leaves: TreeHash[] = [];
  #tile = 0;

  constructor(known: readonly KnownTree[], { tiled }: { readonly tiled: boolean }) {
    this.#tiled = tiled;
    this.#known = known.toSorted((one, other) => one.size - other.size);
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** Takes in a record as it is stored; null when it is right. */
  take(record: AuditRecord): TrailFault | null {
    return this.chain(record, () => bodyFault(record));
  }

  /** Takes in a link of the chain with its body, of which `check` may find more wrong. */
  chain(link: ChainLink, check: () => string | null = () => null): TrailFault | null {
    const detail = linkFault(this.#head, link) ?? check();
    return detail === null ? this.follow(link) : { at: this.#head.sequence + 1, detail };
  }

  /** Takes in a record of which nothing but its hash is shown. */
  follow({ sequence, hash }: ChainHead): TrailFault | null {
    const at = this.#head.sequence + 1;
    if (sequence !== at) return { at, detail: outOfOrder };
    const leaf = leafOf(hash);
    this.#frontier.push(leaf);
    if (this.#tiled) this.#leaves.push(leaf);
    this.#head = { sequence, hash };
    return this.#meetKnown();
  }

  #meetKnown(): TrailFault | null {
    const { size } = this.#frontier;
    for (let next = this.#known[this.#met]; next !== undefined; next = this.#known[this.#met]) {
      if (next.size > size) return null;
      this.#met += 1;
      if (!isSameHash(next.root, next.size === 0 ? emptyRoot() : this.#frontier.root())) {
        const at = this.#agreed + 1;
        const detail = `the records ${at} to ${size} are not those of ${next.place}`;
        return { at, detail };
      }
      this.#agreed = size;
    }
    return null;
  }

  /** Compares the full tiles that were passed, and at the end what remains, with those stored. */
  async differsFrom(
    tree: Pick<AuditTreeReader, 'findTile'>,
    { leaves, isLast }: { readonly leaves: number; readonly isLast: boolean },
  ): Promise<TrailFault | null> {
    while (this.#leaves.length >= tileWidth || (isLast && this.#leaves.length > 0)) {
      const first = this.#tile * tileWidth;
      if (first >= leaves) return null;
      const stored = nodesOf((await tree.findTile(0, this.#tile)) ?? new Uint8Array(0));
      const passed = this.#leaves.splice(0, tileWidth);
      this.#tile += 1;
      const checked = Math.min(passed.length, leaves - first);
      const wrong = passed.slice(0, checked).findIndex((leaf, at) => {
        const node = stored[at];
        return node === undefined || !isSameHash(node, leaf);
      });
      if (wrong >= 0) {
        return { at: first + wrong + 1, detail: 'the tree that is stored has another record here' };
      }
    }
    return null;
  }

  /** The walk is over: what remains to be said is whether anything is missing after it. */
  end(): AuditVerification {
    const missed = this.#known.at(-1);
    const { sequence } = this.#head;
    if (missed !== undefined && missed.size > sequence) {
      return this.broken(cutOff(sequence, missed.size, missed.place));
    }
    return { ...this.#found(), intact: true, brokenAt: null, detail: null };
  }

  broken({ at, detail }: TrailFault): AuditVerification {
    return { ...this.#found(), intact: false, records: at - 1, brokenAt: at, detail };
  }

  #found() {
    const { sequence: records, hash: headHash } = this.#head;
    return { records, headHash, root: this.#frontier.root() };
  }
}

/** What of a record makes the chain. */
export type ChainLink = Pick<AuditRecord, 'sequence' | 'body' | 'previousHash' | 'hash'>;

const outOfOrder = 'a record is missing or out of order';

function linkFault(head: ChainHead, record: ChainLink): string | null {
  if (record.sequence !== head.sequence + 1) return outOfOrder;
  if (record.previousHash !== head.hash) return 'the record does not follow the one before it';
  if (hashRecord(record.previousHash, record.body) !== record.hash) return 'the record was altered';
  return null;
}

/** The columns that listings search by must say what the hashed body says. */
function bodyFault(record: AuditRecord): string | null {
  const body = parseBody(record.body);
  if (!isJsonObject(body)) return disagrees;
  const agrees =
    body['sequence'] === record.sequence &&
    body['id'] === record.id &&
    body['at'] === record.at.toISOString() &&
    body['organizationId'] === record.organizationId &&
    body['action'] === record.action &&
    body['subject'] === record.subject &&
    (record.actor === null || actorIn(body['actor']) === record.actor);
  return agrees ? null : disagrees;
}

const disagrees = 'a column of the record disagrees with its hashed body';

function actorIn(actor: JsonValue | undefined): JsonValue | undefined {
  return isJsonObject(actor) ? actor['id'] : undefined;
}

/** By the platform's own parser: what is judged here is what was hashed, and there is a lot of it. */
function parseBody(body: string): JsonValue | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
