import type { Organization, OrganizationId } from './organization.ts';

export interface OrganizationReader {
  find(id: OrganizationId): Promise<Organization | null>;
  list(): Promise<readonly Organization[]>;
}

export interface OrganizationStore extends OrganizationReader {
  insert(organization: Organization): Promise<void>;
}
