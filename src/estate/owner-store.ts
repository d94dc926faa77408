import type { OrganizationId } from '../organizations/organization.ts';
import type { DepartedOwner } from './departed-owner.ts';

/** Reads who left. */
export interface OwnerReader {
  /** In the order of mailboxes. */
  listDeparted(organizationId: OrganizationId): Promise<readonly DepartedOwner[]>;
}

/** Writes who left, inside a unit of work. */
export interface OwnerStore extends OwnerReader {
  /** false, and nothing changed, when the mailbox is listed already. */
  insertDeparted(organizationId: OrganizationId, departed: DepartedOwner): Promise<boolean>;
  /** false when the mailbox was not listed. */
  deleteDeparted(organizationId: OrganizationId, owner: string): Promise<boolean>;
}
