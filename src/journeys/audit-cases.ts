import type { AgentReader } from '../agents/agent-store.ts';
import type { AuditRecord } from '../audit/audit-event.ts';
import type { ExportedRecord } from '../audit/audit-export.ts';
import type { AuditFilter, AuditReader } from '../audit/audit-trail.ts';
import { parseCheckpoint } from '../audit/checkpoint.ts';
import type { DeniedCall, DeniedCalls } from '../audit/denied-calls.ts';
import type { ConsistencyProof, TreeHash } from '../audit/merkle-tree.ts';
import { type ReceiptJson, writeReceipt } from '../audit/receipt.ts';
import type { AuditTreeReader, CheckpointCopies } from '../audit/tree-store.ts';
import {
  type AuditVerification,
  type KnownTree,
  verifyAuditTrail,
} from '../audit/verify-audit-trail.ts';
import type { CredentialId } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { PageRequest } from '../kernel/page.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { CheckpointKeeper } from './checkpoint-keeper.ts';
import { findCredential } from './find-credential.ts';
import { isContradiction, readOwn, treeOf } from './grow-audit-tree.ts';
import { InTurn } from './in-turn.ts';
import type { Caller } from './registry.ts';

/** A credential has a handful of records; one that has more is listed by the trail. */
const mostReceipts = 50;
const recordsPerPage = 1_000;

/** What the cases about the audit trail work with. */
export interface AuditCasesDeps {
  readonly audit: AuditReader;
  readonly auditTree: AuditTreeReader;
  readonly denied: DeniedCalls;
  readonly clock: Clock;
  readonly credentials: CredentialReader;
  readonly agents: AgentReader;
  readonly checkpoints: Pick<CheckpointKeeper, 'cover' | 'trouble'> & {
    readonly copies: CheckpointCopies;
  };
}

/** That one checkpoint begins with another: sizes, roots, and the nodes that lead between them. */
export interface ProvenConsistency extends ConsistencyProof {
  readonly first: TreeHash;
  readonly second: TreeHash;
}

/** What an export is to hold. */
export interface ExportAuditInput {
  readonly filter: AuditFilter;
  readonly isComplete: boolean;
}

/** The trail and its checkpoints in numbers. */
export interface AuditState {
  readonly records: number;
  readonly covered: number;
  readonly contradicts: boolean;
}

/** What can be learnt and proved of the audit trail. */
export interface AuditCases {
  listAudit(filter: AuditFilter, page: PageRequest): Promise<readonly AuditRecord[]>;
  /** Checks the whole trail, also against a checkpoint that the caller holds. */
  verifyAudit(input?: { readonly checkpoint?: string | undefined }): Promise<AuditVerification>;
  /** How far the trail is covered by checkpoints, and whether it contradicts one. */
  auditState(): Promise<AuditState>;
  /** Counts a call that was denied; the trail has it a minute later. */
  noteDenied(call: DeniedCall): void;
  /**
   * The records that the filter finds, in order, up to the one that is the last now. `isComplete`: of
   * all records, those of other organizations by their hashes; it goes without a filter.
   */
  exportAudit(input: ExportAuditInput): AsyncIterable<ExportedRecord>;
  /** Throws `audit-record-not-found`; `checkpoint-unavailable` while none can be signed. */
  findReceipt(input: Caller & { readonly id: string }): Promise<ReceiptJson>;
  /** Receipts for what happened to a credential, in order; throws `credential-not-found` too. */
  listReceipts(
    input: Caller & { readonly id: CredentialId; readonly action?: string | undefined },
  ): Promise<readonly ReceiptJson[]>;
  /** Throws `invalid-input` for sizes that no checkpoint has reached. */
  proveConsistency(sizes: {
    readonly from: number;
    readonly to: number;
  }): Promise<ProvenConsistency>;
}

/** Binds the cases about the audit trail to their ports. */
export function bindAuditCases(deps: AuditCasesDeps): AuditCases {
  const walks = new InTurn<AuditVerification>();
  return {
    listAudit: (filter, page) => deps.audit.list(filter, page),
    verifyAudit: async ({ checkpoint } = {}) => {
      const given = checkpoint === undefined ? [] : [givenTree(checkpoint)];
      // A walk reads and hashes all there is: several at once would leave no time for anything else.
      return walks.run(checkpoint ?? '', async () =>
        verifyAuditTrail(deps, [...given, ...(await ownTrees(deps))]),
      );
    },
    exportAudit: (input) => exportAudit(deps, input),
    auditState: async () => ({
      records: await deps.auditTree.countRecords(),
      covered: (await deps.auditTree.lastCheckpoint())?.size ?? 0,
      contradicts: deps.checkpoints.trouble?.contradicts === true,
    }),
    noteDenied: (call) => deps.denied.note(call, deps.clock.now()),
    findReceipt: async ({ organizationId, id }) => {
      const record = await deps.audit.find(organizationId, id);
      if (record === null) throw noRecord();
      const [receipt] = await receiptsFor(deps, [record]);
      if (receipt === undefined) throw noRecord();
      return receipt;
    },
    listReceipts: async (input) => {
      const { id, organizationId } = await findCredential(deps, input);
      const { action } = input;
      const filter = { organizationId, subject: id, ...(action === undefined ? {} : { action }) };
      return receiptsFor(deps, await deps.audit.list(filter, { limit: mostReceipts }));
    },
    proveConsistency: (sizes) => proveConsistency(deps, sizes),
  };
}

async function* exportAudit(
  { audit, auditTree }: AuditCasesDeps,
  { filter, isComplete }: ExportAuditInput,
): AsyncIterable<ExportedRecord> {
  const end = await auditTree.countRecords();
  let last: AuditRecord | undefined;
  for (;;) {
    const page = { limit: recordsPerPage, after: last?.id };
    const records: readonly AuditRecord[] = isComplete
      ? await audit.readAfter(last?.sequence ?? 0, recordsPerPage)
      : await audit.list(filter, page);
    for (const record of records) {
      if (record.sequence > end) return;
      const { sequence, hash } = record;
      yield record.organizationId === filter.organizationId ? record : { sequence, hash };
    }
    last = records.at(-1);
    if (last === undefined) return;
  }
}

/** What was signed before: the last in the database, and all in the second place. */
async function ownTrees(deps: AuditCasesDeps): Promise<readonly KnownTree[]> {
  const last = await deps.auditTree.lastCheckpoint();
  const copies = await deps.checkpoints.copies.all();
  return [
    ...(last === null ? [] : [{ ...readOwn(last), place: 'the last checkpoint in the database' }]),
    ...copies.map((copy) => ({ ...readOwn(copy), place: 'a checkpoint in the second place' })),
  ];
}

function givenTree(note: string): KnownTree {
  const checkpoint = parseCheckpoint(note);
  if (checkpoint !== null) return { ...checkpoint, place: 'the checkpoint that was given' };
  throw new SealwrightError('invalid-input', 'This is no checkpoint of an audit trail.', {
    faults: [
      { pointer: '/checkpoint', detail: 'must be a signed note with origin, size and root' },
    ],
  });
}

async function receiptsFor(
  deps: AuditCasesDeps,
  records: readonly AuditRecord[],
): Promise<readonly ReceiptJson[]> {
  const newest = records.at(-1);
  if (newest === undefined) return [];
  const checkpoint = await covering(deps, newest.sequence);
  const tree = treeOf(deps.auditTree);
  return Promise.all(
    records.map(async (record) => {
      const proof = await tree.proveInclusion(record.sequence - 1, checkpoint.size);
      return writeReceipt(record, { proof, checkpoint });
    }),
  );
}

async function covering(deps: AuditCasesDeps, sequence: number) {
  try {
    return await deps.checkpoints.cover(sequence);
  } catch (cause) {
    if (cause instanceof SealwrightError) throw cause;
    const detail = isContradiction(cause)
      ? 'The audit trail contradicts what was signed before.'
      : 'No checkpoint can be signed at present.';
    throw new SealwrightError('checkpoint-unavailable', detail, { cause });
  }
}

async function proveConsistency(
  { auditTree }: AuditCasesDeps,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<ProvenConsistency> {
  const size = (await auditTree.lastCheckpoint())?.size ?? 0;
  if (from > to || to > size) {
    throw new SealwrightError('invalid-input', 'No checkpoint has these sizes.', {
      faults: [{ pointer: '/to', detail: `must be at least "from", and at most ${size}` }],
    });
  }
  const tree = treeOf(auditTree);
  const proof = await tree.proveConsistency(from, to);
  return { ...proof, first: await tree.rootAt(from), second: await tree.rootAt(to) };
}

function noRecord(): SealwrightError {
  return new SealwrightError('audit-record-not-found', 'There is no such record.');
}
