import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJsonObject,
} from '../protocol/strict-json.ts';
import type { AuditRecord } from './audit-event.ts';
import { isSignedBy, type NoteKey, parseCheckpoint } from './checkpoint.ts';
import { hashRecord } from './hash-chain.ts';
import { type InclusionProof, leafOf, provesInclusion, type TreeHash } from './merkle-tree.ts';
import type { SignedCheckpoint } from './tree-store.ts';

/** What a receipt says of itself: which rules it is checked by. */
export const receiptFormat = 'sealwright-audit-receipt-v1';

/** A receipt as it is handed over: it is checked without whoever made it. */
export type ReceiptJson = {
  readonly format: typeof receiptFormat;
  /** The exact text that was hashed: an object with what happened, in canonical form (RFC 8785). */
  readonly body: string;
  readonly previousHash: string;
  /** Nodes in base64, from the leaf up. */
  readonly proof: {
    readonly index: number;
    readonly size: number;
    readonly path: readonly string[];
  };
  readonly checkpoint: string;
};

/** Writes a receipt for a record that the checkpoint covers. */
export function writeReceipt(
  { body, previousHash }: Pick<AuditRecord, 'body' | 'previousHash'>,
  { proof, checkpoint }: { readonly proof: InclusionProof; readonly checkpoint: SignedCheckpoint },
): ReceiptJson {
  const { index, size } = proof;
  const path = proof.path.map(base64Of);
  return {
    format: receiptFormat,
    body,
    previousHash,
    proof: { index, size, path },
    checkpoint: checkpoint.note,
  };
}

/** A node as receipts and proofs write it. */
export function base64Of(hash: TreeHash): string {
  return Buffer.from(hash).toString('base64');
}

/** What a receipt proves, or why it proves nothing. */
export type CheckedReceipt =
  | {
      readonly valid: true;
      readonly event: JsonObject;
      readonly origin: string;
      readonly size: number;
    }
  | { readonly valid: false; readonly why: string };

/**
 * Checks a receipt by nothing but itself and the keys of the log that the reader trusts: the record is
 * in the tree of the checkpoint, and one of the keys signed that.
 */
export function checkReceipt(text: string, keys: readonly NoteKey[]): CheckedReceipt {
  const receipt = parseReceipt(text);
  if (receipt === null) return invalid('it is not a receipt in the format that is known here');
  const checkpoint = parseCheckpoint(receipt.checkpoint);
  if (checkpoint === null) return invalid('its checkpoint cannot be read');
  if (!isSignedBy(checkpoint, keys)) return invalid('its checkpoint is not signed by the key');
  const event = parseStrictJsonObject(receipt.body);
  if (!event.ok) return invalid('its record cannot be read');
  const { index, size } = receipt.proof;
  if (size !== checkpoint.size) return invalid('its proof is for another checkpoint');
  if (event.value['sequence'] !== index + 1) return invalid('its record stands at another place');
  const leaf = leafOf(hashRecord(receipt.previousHash, receipt.body));
  const path = receipt.proof.path.map((node) => Buffer.from(node, 'base64'));
  if (!provesInclusion({ leaf, index, size, path }, checkpoint.root)) {
    return invalid('its record is not in the tree of the checkpoint');
  }
  return { valid: true, event: event.value, origin: checkpoint.origin, size };
}

function invalid(why: string): CheckedReceipt {
  return { valid: false, why };
}

function parseReceipt(text: string): ReceiptJson | null {
  const json = parseStrictJsonObject(text);
  if (!json.ok || json.value['format'] !== receiptFormat) return null;
  const { body, previousHash, proof, checkpoint } = json.value;
  if (typeof body !== 'string' || typeof checkpoint !== 'string' || !isJsonObject(proof))
    return null;
  if (typeof previousHash !== 'string' || !/^[0-9a-f]{64}$/.test(previousHash)) return null;
  const { index, size, path } = proof;
  if (typeof index !== 'number' || typeof size !== 'number' || !isTexts(path)) return null;
  return { format: receiptFormat, body, previousHash, proof: { index, size, path }, checkpoint };
}

function isTexts(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
