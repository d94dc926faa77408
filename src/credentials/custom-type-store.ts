import type { PageRequest } from '../kernel/page.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { CustomType } from './custom-type.ts';

/** Reads the credential types that organizations defined. */
export interface CustomTypeReader {
  find(organizationId: OrganizationId, name: string, version: number): Promise<CustomType | null>;
  /** The newest version of each of these types that exists. */
  findNewest(
    organizationId: OrganizationId,
    names: readonly string[],
  ): Promise<readonly CustomType[]>;
  /** All versions of a type, newest first. */
  listVersions(organizationId: OrganizationId, name: string): Promise<readonly CustomType[]>;
  /** The newest version of each type, in the order of ids. */
  list(organizationId: OrganizationId, page: PageRequest): Promise<readonly CustomType[]>;
}

/** Adds versions, inside a unit of work. Nothing changes or removes one. */
export interface CustomTypeStore extends CustomTypeReader {
  /** Throws `conflict-retry` when the version is there already. */
  insert(type: CustomType): Promise<void>;
}
