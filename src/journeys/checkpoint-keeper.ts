import type { AuditTrail } from '../audit/audit-trail.ts';
import {
  checkpointText,
  isSignedBy,
  parseCheckpoint,
  signedNote,
  verifierKey,
} from '../audit/checkpoint.ts';
import type {
  AuditTreeReader,
  AuditTreeStore,
  CheckpointCopies,
  SignedCheckpoint,
} from '../audit/tree-store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { KeyReader, KeyStore } from '../keys/key-store.ts';
import type { Signer } from '../keys/signer.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import { draftNote } from '../publication/public-document.ts';
import type { PublicDocumentStore } from '../publication/public-document-store.ts';
import { publishDocuments } from '../publication/publish-documents.ts';
import { listAuditKeys, type MakeAuditKey, noteKeyOf, openAuditKey } from './audit-key.ts';
import { growTree, isContradiction, refuseInconsistent, treeOf } from './grow-audit-tree.ts';

/** A checkpoint is signed when so much time has passed since the last, if anything was recorded. */
const longestAgeMs = 60_000;
/** … or as soon as so many records are not in one. */
const mostUncovered = 1_000;
/** A database or a disk that is away for a moment is no reason to call the service unready. */
const patienceMs = 120_000;

/** Where the newest checkpoint is, and the keys that verify it, below the origin. */
export const auditPaths = { checkpoint: '/audit/checkpoint', key: '/audit/key' } as const;

/** What the keeper of checkpoints works with. */
export interface CheckpointKeeperDeps {
  readonly work: UnitOfWork<{
    readonly keys: KeyStore;
    readonly audit: AuditTrail;
    readonly auditTree: AuditTreeStore;
    readonly documents: PublicDocumentStore;
  }>;
  readonly auditTree: AuditTreeReader;
  readonly keys: KeyReader;
  readonly signer: Pick<Signer, 'signCheckpoint'>;
  readonly makeAuditKey: MakeAuditKey;
  /** The second place. */
  readonly copies: CheckpointCopies;
  readonly clock: Clock;
  /** The name of the log: see `logOriginOf`. */
  readonly logOrigin: string;
  /** The first organization, with which the audit key is entered. */
  readonly organizationId: OrganizationId;
  /** Hears of each checkpoint that was signed: its log line is the third place. */
  readonly onSigned: (checkpoint: SignedCheckpoint) => void;
}

/** What stands in the way of signing; null when nothing does. `contradicts`: the trail was changed. */
export interface CheckpointTrouble {
  readonly contradicts: boolean;
  readonly since: Date;
  readonly error: unknown;
}

/** The name of an installation's log: the host of its first organization, and `/audit`. */
export function logOriginOf(origin: string): string {
  return `${new URL(origin).host}/audit`;
}

/**
 * Signs checkpoints of the audit trail: of a tree that begins with every tree it signed before, as
 * the database and the second place have them, and of no other. What is signed is in the second place,
 * durably, before it is published. Several processes may keep the same trail.
 */
export class CheckpointKeeper {
  readonly #deps: CheckpointKeeperDeps;
  #running: Promise<SignedCheckpoint> | null = null;
  #trouble: CheckpointTrouble | null = null;

  constructor(deps: CheckpointKeeperDeps) {
    this.#deps = deps;
  }

  /** The second place. */
  get copies(): CheckpointCopies {
    return this.#deps.copies;
  }

  get trouble(): CheckpointTrouble | null {
    return this.#trouble;
  }

  /** Whether checkpoints are signed: a contradiction counts at once, whatever else after two minutes. */
  get isSigning(): boolean {
    if (this.#trouble === null) return true;
    const { contradicts, since } = this.#trouble;
    return !contradicts && this.#deps.clock.now().getTime() - since.getTime() < patienceMs;
  }

  /** Signs if it is time to: one round. Trouble is kept for whoever asks, and thrown. */
  async round(): Promise<void> {
    const { auditTree, clock } = this.#deps;
    const last = await auditTree.lastCheckpoint();
    const news = (await auditTree.countRecords()) - (last?.size ?? 0);
    const ageMs = last === null ? longestAgeMs : clock.now().getTime() - last.signedAt.getTime();
    // A trail that became shorter is looked at as well. A clock that stepped back signs at once.
    const isDue = news < 0 || news >= mostUncovered || ageMs >= longestAgeMs || ageMs < 0;
    if ((news !== 0 && isDue) || this.#trouble !== null) await this.sign();
  }

  /** A checkpoint that has the record: the last one, or a new one. */
  async cover(sequence: number): Promise<SignedCheckpoint> {
    const last = await this.#deps.auditTree.lastCheckpoint();
    if (last !== null && last.size >= sequence) return last;
    await this.#running?.catch(() => undefined);
    return this.sign();
  }

  /** Signs a checkpoint of all that is recorded now. Those who ask meanwhile get the same. */
  sign(): Promise<SignedCheckpoint> {
    this.#running ??= this.#sign().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #sign(): Promise<SignedCheckpoint> {
    try {
      const signed = await signCheckpoint(this.#deps);
      this.#trouble = null;
      return signed;
    } catch (error) {
      const since = this.#trouble?.since ?? this.#deps.clock.now();
      this.#trouble = { contradicts: isContradiction(error), since, error };
      throw error;
    }
  }
}

async function signCheckpoint(deps: CheckpointKeeperDeps): Promise<SignedCheckpoint> {
  const { auditTree, copies, clock, logOrigin: name } = deps;
  const at = clock.now();
  const key = await openAuditKey(deps, { organizationId: deps.organizationId, at });
  const size = await growTree(deps);
  const tree = treeOf(auditTree);
  const root = await tree.rootAt(size);
  const last = await auditTree.lastCheckpoint();
  await refuseInconsistent(tree, { size, root }, { earlier: last, place: 'the database' });
  const copy = await copies.last();
  await refuseInconsistent(tree, { size, root }, { earlier: copy, place: 'the second place' });
  if (last?.size === size) return last;
  const text = checkpointText({ origin: name, size, root });
  const signature = await deps.signer.signCheckpoint({ key, text });
  const signed = {
    size,
    note: signedNote(text, { ...noteKeyOf(name, key), signature }),
    signedAt: at,
  };
  await copies.append(signed);
  deps.onSigned(signed);
  return publish(deps, signed);
}

/** Publishes a checkpoint, unless another process published a larger one meanwhile. */
async function publish(
  deps: CheckpointKeeperDeps,
  signed: SignedCheckpoint,
): Promise<SignedCheckpoint> {
  const keys = (await listAuditKeys(deps)).map((key) => noteKeyOf(deps.logOrigin, key));
  const checkpoint = parseCheckpoint(signed.note);
  if (checkpoint === null || !isSignedBy(checkpoint, keys)) {
    throw new TypeError('A checkpoint that was signed does not verify.');
  }
  const drafts = [
    draftNote(auditPaths.checkpoint, signed.note),
    draftNote(auditPaths.key, keys.map((key) => `${verifierKey(key)}\n`).join('')),
  ];
  return deps.work.run(async (stores) => {
    await stores.auditTree.lock();
    const last = await stores.auditTree.lastCheckpoint();
    if (last !== null && last.size >= signed.size) return last;
    await stores.auditTree.insertCheckpoint(signed);
    await publishDocuments(stores, { drafts, at: signed.signedAt });
    return signed;
  });
}
