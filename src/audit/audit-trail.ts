import type { PageRequest } from '../kernel/page.ts';
import type { AuditAction, AuditEvent, AuditRecord } from './audit-event.ts';

/**
 * Appends to the hash chain inside the transaction of the change it records: no audit, no
 * mutation. The chain is one for the installation; appending takes its lock until commit.
 */
export interface AuditTrail {
  append(events: readonly AuditEvent[]): Promise<void>;
  /**
   * Puts records back as they were, after a restore: each follows the one before it, the first the
   * head. Throws `conflict-retry` when it does not.
   */
  reinsert(records: readonly AuditRecord[]): Promise<void>;
}

/** Reads the chain in order. Filters narrow what is returned, never the organization asked for. */
export interface AuditReader {
  list(filter: AuditFilter, page: PageRequest): Promise<readonly AuditRecord[]>;
  /** The record with this id; null when there is none, or when it is another organization's. */
  find(organizationId: string, id: string): Promise<AuditRecord | null>;
  /** The records of this action about any of these subjects, in the order of the chain. */
  listAbout(subjects: readonly string[], action: AuditAction): Promise<readonly AuditRecord[]>;
  /** Records whose sequence is greater than `after`, in order, for verification. */
  readAfter(after: number, limit: number): Promise<readonly AuditRecord[]>;
}

/** Which events of an organization a listing is about; `until` itself is not part of it. */
export interface AuditFilter {
  readonly organizationId: string;
  readonly action?: string;
  readonly subject?: string;
  /** The id of who acted. */
  readonly actor?: string;
  readonly requestId?: string;
  readonly since?: Date;
  readonly until?: Date;
}
