import type { Organization, OrganizationId } from './organization.ts';

/** Reads organizations. */
export interface OrganizationReader {
  find(id: OrganizationId): Promise<Organization | null>;
  list(): Promise<readonly Organization[]>;
}

/** Writes organizations, inside a unit of work. */
export interface OrganizationStore extends OrganizationReader {
  insert(organization: Organization): Promise<void>;
  /** Sets the members that are given; null when there is no such organization. */
  describe(
    id: OrganizationId,
    changes: { readonly name?: string | undefined; readonly contact?: string | undefined },
  ): Promise<Organization | null>;
}
