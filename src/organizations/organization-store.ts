import type { PageRequest } from '../kernel/page.ts';
import type { Organization, OrganizationId, OrganizationStanding } from './organization.ts';

/** Reads organizations. */
export interface OrganizationReader {
  find(id: OrganizationId): Promise<Organization | null>;
  /** All of them, oldest first. */
  list(): Promise<readonly Organization[]>;
  /** A slice of the first one and the members, oldest first. */
  listPage(page: PageRequest): Promise<readonly Organization[]>;
}

/** Writes organizations, inside a unit of work. */
export interface OrganizationStore extends OrganizationReader {
  /** Throws `base-url-taken` when there is one at this base URL, or with its DID. */
  insert(organization: Organization): Promise<void>;
  changeStanding(id: OrganizationId, standing: OrganizationStanding): Promise<void>;
  /** Sets the members that are given; null when there is no such organization. */
  describe(
    id: OrganizationId,
    changes: { readonly name?: string | undefined; readonly contact?: string | undefined },
  ): Promise<Organization | null>;
}
