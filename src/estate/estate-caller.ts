import type { Actor } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { EstateStores } from './estate-store.ts';

/** Who changes something about the estate, and whose estate it is. */
export interface EstateCaller {
  readonly organizationId: OrganizationId;
  readonly actor: Actor;
}

/** What every change here needs: its stores and the audit trail in one transaction. */
export interface EstateDeps {
  readonly work: UnitOfWork<EstateStores & { readonly audit: AuditTrail }>;
  readonly clock: Clock;
}
