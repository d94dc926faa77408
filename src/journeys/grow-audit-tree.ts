import { type Checkpoint, parseCheckpoint } from '../audit/checkpoint.ts';
import { genesisHash } from '../audit/hash-chain.ts';
import { provesConsistency, type TreeHash } from '../audit/merkle-tree.ts';
import type { AuditTreeReader, AuditTreeStore, SignedCheckpoint } from '../audit/tree-store.ts';
import { growTiles, TiledTree, TreeDamaged } from '../audit/tree-tiles.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';

const recordsPerStep = 10_000;

/** What growing the tree takes. */
export interface GrowTreeDeps {
  readonly work: UnitOfWork<{ readonly auditTree: AuditTreeStore }>;
  readonly auditTree: AuditTreeReader;
}

/** The records and the tree, or the tree and a checkpoint, say different things. */
export class AuditContradiction extends Error {
  override readonly name = 'AuditContradiction';
}

/**
 * Takes every record into the tree and returns its size. It works in steps of 10,000 records, each
 * durable by itself, so that a long chain is brought in however often it is interrupted.
 */
export async function growTree(deps: GrowTreeDeps): Promise<number> {
  for (;;) {
    const { size, isWhole } = await deps.work.run(growStep);
    if (isWhole) return size;
  }
}

async function growStep(stores: { readonly auditTree: AuditTreeStore }) {
  const { auditTree } = stores;
  await auditTree.lock();
  const size = await auditTree.countLeaves();
  // With the last record that the tree has, so that the new ones are seen to follow it.
  const links = await auditTree.readLinks(Math.max(0, size - 1), recordsPerStep + 1);
  const [known, news] = size === 0 ? [undefined, links] : [links[0], links.slice(1)];
  let former = { sequence: size, hash: size === 0 ? genesisHash : known?.hash };
  for (const { sequence, previousHash, hash } of news) {
    if (sequence !== former.sequence + 1 || previousHash !== former.hash) {
      throw new AuditContradiction(`The record ${former.sequence + 1} does not follow the last.`);
    }
    former = { sequence, hash };
  }
  if (size > 0 && known?.sequence !== size) {
    throw new AuditContradiction(`The record ${size} is in the tree, and is missing in the trail.`);
  }
  const hashes = news.map(({ hash }) => hash);
  const find = (level: number, place: number) => auditTree.findTile(level, place);
  if (news.length > 0) await auditTree.putTiles(await growTiles(find, { size, hashes }));
  return { size: size + news.length, isWhole: news.length < recordsPerStep };
}

/** The tree as it is stored. */
export function treeOf(auditTree: AuditTreeReader): TiledTree {
  return new TiledTree((level, place) => auditTree.findTile(level, place));
}

/**
 * Makes sure that the tree begins with the one of an earlier checkpoint. Throws AuditContradiction.
 * C2SP tlog-checkpoint: nothing is signed that is inconsistent with what was signed before.
 */
export async function refuseInconsistent(
  tree: TiledTree,
  present: { readonly size: number; readonly root: TreeHash },
  { earlier, place }: { readonly earlier: SignedCheckpoint | null; readonly place: string },
): Promise<void> {
  if (earlier === null) return;
  const { size, root } = readOwn(earlier);
  if (size > present.size) {
    throw new AuditContradiction(
      `The trail has ${present.size} records, and the checkpoint in ${place} has ${size}.`,
    );
  }
  const proof = await tree.proveConsistency(size, present.size);
  if (provesConsistency(proof, { first: root, second: present.root })) return;
  throw new AuditContradiction(
    `The first ${size} records are not those of the checkpoint in ${place}.`,
  );
}

/** A checkpoint that was kept; one that cannot be read contradicts whatever there is. */
export function readOwn({ note, size }: SignedCheckpoint): Checkpoint {
  const checkpoint = parseCheckpoint(note);
  if (checkpoint !== null && checkpoint.size === size) return checkpoint;
  throw new AuditContradiction(`A checkpoint of ${size} records that was kept cannot be read.`);
}

/** Whether an error says that the trail is not what it was, rather than that something is away. */
export function isContradiction(error: unknown): error is AuditContradiction | TreeDamaged {
  return error instanceof AuditContradiction || error instanceof TreeDamaged;
}
