import { parseStrictJsonObject } from '../protocol/strict-json.ts';
import type { AuditRecord } from './audit-event.ts';
import type { AuditReader } from './audit-trail.ts';
import { type ChainHead, genesisHash, hashRecord } from './hash-chain.ts';

const recordsPerRead = 1_000;

/** What the check of the whole chain found. `brokenAt` is the first sequence number that is wrong. */
export interface AuditVerification {
  readonly intact: boolean;
  readonly records: number;
  readonly headHash: string;
  readonly brokenAt: number | null;
  readonly detail: string | null;
}

/**
 * Walks the chain from the first record and stops at the first that was altered, removed, moved
 * or inserted. A chain cut off at its end is seen only by comparing `headHash` with a copy that is
 * kept elsewhere.
 */
export async function verifyAuditTrail(deps: { audit: AuditReader }): Promise<AuditVerification> {
  let head: ChainHead = { sequence: 0, hash: genesisHash };
  for (;;) {
    const records = await deps.audit.readAfter(head.sequence, recordsPerRead);
    if (records.length === 0) return verified(head);
    for (const record of records) {
      const fault = faultOf(head, record);
      if (fault !== null) return broken(head, fault);
      head = { sequence: record.sequence, hash: record.hash };
    }
  }
}

function faultOf(head: ChainHead, record: AuditRecord): string | null {
  if (record.sequence !== head.sequence + 1) return 'a record is missing or out of order';
  if (record.previousHash !== head.hash) return 'the record does not follow the one before it';
  if (hashRecord(record.previousHash, record.body) !== record.hash) return 'the record was altered';
  return bodyAgrees(record) ? null : 'a column of the record disagrees with its hashed body';
}

function bodyAgrees(record: AuditRecord): boolean {
  const body = parseStrictJsonObject(record.body);
  if (!body.ok) return false;
  const { sequence, id, at, organizationId, action, subject } = record;
  const columns = { sequence, id, at: at.toISOString(), organizationId, action, subject };
  return Object.entries(columns).every(([name, value]) => body.value[name] === value);
}

function verified(head: ChainHead): AuditVerification {
  return {
    intact: true,
    records: head.sequence,
    headHash: head.hash,
    brokenAt: null,
    detail: null,
  };
}

function broken(head: ChainHead, detail: string): AuditVerification {
  return {
    intact: false,
    records: head.sequence,
    headHash: head.hash,
    brokenAt: head.sequence + 1,
    detail,
  };
}
