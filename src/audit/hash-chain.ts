import { hash } from 'node:crypto';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { canonicalizeJson } from '../protocol/canonical-json.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { Actor, AuditEvent, AuditRecord, EventId } from './audit-event.ts';

/** The hash that precedes the first record. */
export const genesisHash = '0'.repeat(64);

/** Where the chain stands: the last sequence number and its hash. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

/** Extends the chain by one record. The body is canonical JSON (RFC 8785), hashed as stored. */
export function linkRecord(
  head: ChainHead,
  entry: { id: EventId; at: Date; event: AuditEvent },
): AuditRecord {
  const sequence = head.sequence + 1;
  const { event } = entry;
  const body = canonicalizeJson({
    sequence,
    id: entry.id,
    at: entry.at.toISOString(),
    organizationId: event.organizationId,
    actor: actorJson(event.actor),
    action: event.action,
    subject: event.subject,
    reason: event.reason,
    details: { ...event.details },
  });
  const ownHash = hashRecord(head.hash, body);
  const { organizationId, action, subject, actor } = event;
  const requestId = actor.from?.requestId ?? null;
  const searched = { organizationId, action, subject, actor: actor.id, requestId };
  return {
    sequence,
    id: entry.id,
    at: entry.at,
    ...searched,
    body,
    previousHash: head.hash,
    hash: ownHash,
  };
}

function actorJson({ kind, id, from }: Actor): JsonObject {
  if (from === undefined) return { kind, id };
  return { kind, id, from: { address: from.address, requestId: from.requestId } };
}

/** Throws `conflict-retry` unless each record follows the one before it, and the first the head. */
export function checkLinked(head: ChainHead, records: readonly AuditRecord[]): void {
  let last = head;
  for (const record of records) {
    const follows =
      record.sequence === last.sequence + 1 &&
      record.previousHash === last.hash &&
      record.hash === hashRecord(record.previousHash, record.body);
    if (!follows) throw new SealwrightError('conflict-retry', 'The audit chain went on meanwhile.');
    last = record;
  }
}

/** sha-256, in hex, over the previous hash, a line feed and the body. */
export function hashRecord(previousHash: string, body: string): string {
  return hash('sha256', `${previousHash}\n${body}`, 'hex');
}
