import type { OrganizationId } from '../organizations/organization.ts';
import type { Did } from '../protocol/did-web.ts';

/** A did:web that we host, as the identity layer keeps it. */
export interface Identifier {
  readonly did: Did;
  readonly organizationId: OrganizationId;
  readonly provider: 'did:web';
  /** The method-specific part, unique in the installation. */
  readonly alias: string;
  readonly createdAt: Date;
}
