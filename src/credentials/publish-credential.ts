import { createHash } from 'node:crypto';
import { agentBaseUrl } from '../agents/agent.ts';
import type { Organization } from '../organizations/organization.ts';
import { formatDateTime } from '../protocol/date-time.ts';
import { cacheControls, type DocumentDraft, pathOf } from '../publication/public-document.ts';
import type { CredentialRecord } from './credential.ts';

/** A sealed credential: its compact JWS is there. */
export type SealedRecord = CredentialRecord & { readonly jwt: string };

/** Where a public facet is served. The id never changes, nor do the octets behind it. */
export function facetUrl(
  organization: Pick<Organization, 'baseUrl'>,
  handle: string,
  id: string,
): string {
  return `${agentBaseUrl(organization, handle)}/credentials/${id}`;
}

/** One public facet as a compact JWS (VC-JOSE-COSE §6.1.1: application/vc+jwt). */
export function draftFacet(url: string, facet: SealedRecord): DocumentDraft {
  return {
    path: pathOf(url),
    mediaType: 'application/vc+jwt',
    body: new TextEncoder().encode(facet.jwt),
    cacheControl: cacheControls.immutable,
    expiresAt: null,
    link: null,
    keepsVersions: true,
  };
}

/** The list of an agent's current public facets, oldest first. */
export function draftFacetListing(
  url: string,
  facets: readonly { readonly url: string; readonly facet: SealedRecord }[],
): DocumentDraft {
  const listing = facets.map(({ url: facetAddress, facet }) => ({
    type: facet.type,
    url: facetAddress,
    sha256: createHash('sha256').update(facet.jwt).digest('base64url'),
    validUntil: formatDateTime(facet.validUntil),
  }));
  return {
    path: pathOf(url),
    mediaType: 'application/json',
    body: new TextEncoder().encode(JSON.stringify(listing)),
    cacheControl: cacheControls.identity,
    expiresAt: null,
    link: null,
    keepsVersions: false,
  };
}
