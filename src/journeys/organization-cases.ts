import type { PageRequest } from '../kernel/page.ts';
import type { Organization } from '../organizations/organization.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import {
  type FoundedOrganization,
  type FoundOrganizationDeps,
  type FoundOrganizationInput,
  foundOrganization,
} from './found-organization.ts';

/** What platform tokens are for. The edge lets nobody else call these. */
export interface OrganizationCases {
  foundOrganization(input: FoundOrganizationInput): Promise<FoundedOrganization>;
  listOrganizations(page: PageRequest): Promise<readonly Organization[]>;
}

/** What the cases read, beside all that founding needs. */
export interface OrganizationCasesDeps extends FoundOrganizationDeps {
  readonly organizations: OrganizationReader;
}

/** Binds the use cases to their ports. */
export function bindOrganizationCases(deps: OrganizationCasesDeps): OrganizationCases {
  return {
    foundOrganization: (input) => foundOrganization(deps, input),
    listOrganizations: (page) => deps.organizations.listPage(page),
  };
}
