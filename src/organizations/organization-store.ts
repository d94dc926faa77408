import type { Organization, OrganizationId } from './organization.ts';

/** Reads organizations. */
export interface OrganizationReader {
  find(id: OrganizationId): Promise<Organization | null>;
  list(): Promise<readonly Organization[]>;
}

/** Writes organizations, inside a unit of work. */
export interface OrganizationStore extends OrganizationReader {
  insert(organization: Organization): Promise<void>;
}
