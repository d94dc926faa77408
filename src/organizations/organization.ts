import type { Brand } from '../kernel/brand.ts';
import type { Did } from '../protocol/did-web.ts';

/** An organization by its id, `org_…`. */
export type OrganizationId = Brand<'OrganizationId'>;

/**
 * `first` is the organization of SEALWRIGHT_URL. `former` was it, before an installation without
 * agents moved to another URL; nobody is let in there. All others are members.
 */
export type OrganizationStanding = 'first' | 'member' | 'former';

/** An issuer: everything it publishes lives under its base URL, which never changes. */
export interface Organization {
  readonly id: OrganizationId;
  /** Origin, or origin plus `/o/{org}`; no trailing slash. */
  readonly baseUrl: string;
  readonly did: Did;
  readonly name: string;
  /** The mailbox published as `contacts`; never the owners of an agent. */
  readonly contact: string;
  readonly standing: OrganizationStanding;
  readonly createdAt: Date;
}

/** The origin of the base URL: where schemas, contexts and problem pages live. */
export function originOf(organization: { readonly baseUrl: string }): string {
  return new URL(organization.baseUrl).origin;
}

/** The host that people know the organization by, published as `issuerDomain`. */
export function issuerDomainOf(organization: { readonly baseUrl: string }): string {
  return new URL(organization.baseUrl).host;
}
