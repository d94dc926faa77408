import type { AuditRecord } from '../audit/audit-event.ts';
import type { OrganizationId } from '../organizations/organization.ts';

/**
 * The audit trail as the outbox of events: records are in it exactly when their change is durable,
 * and in the order of their sequence, so that whoever reads on from a sequence misses none.
 */
export interface Outbox {
  /** The sequence of the last record; 0 when there is none. */
  head(): Promise<number>;
  /** Records of one organization beyond this sequence, in order. */
  readAfter(
    organizationId: OrganizationId,
    sequence: number,
    limit: number,
  ): Promise<readonly AuditRecord[]>;
}
