import { facetCredentialTypes, facetTypes } from '../../protocol/facet.ts';
import type { ListedFacet } from '../../protocol/facet-listing.ts';
import type { Finding } from '../finding.ts';
import { pass, skip, warn } from '../finding.ts';
import type { ExaminedCredential, HeldFacet, Inquiry } from '../inquiry.ts';
import { presentJwt } from '../intake/from-jwt.ts';
import type { Reason } from '../verdict.ts';

/** More than any agent has to hand over; what lies beyond is not looked at. */
const maxHandedOver = 8;
const fix = 'Publish the facet, have it renewed, or trust the issuer for its type.';

/**
 * Facets are read where the passport does not say enough: it names no scopes, authorization details
 * are asked for, or the policy requires another type of credential. Each is judged like the
 * passport, and counts only when it holds, by the same issuer, about the same client. Denies nothing
 * by itself: what cannot be shown is not permitted.
 */
export async function checkCredentialFacets(inquiry: Inquiry): Promise<Finding> {
  const isWanted = wantedFacets(inquiry);
  if (isWanted === undefined) {
    inquiry.facets.set({ held: [], unknown: undefined });
    return skip('the passport says everything that is asked');
  }
  const { deadline } = inquiry;
  const clientId = inquiry.subject;
  const published = await inquiry.court.sources.facets.read({ clientId, isWanted, deadline });
  const handedOver = inquiry.question.credentials.slice(0, maxHandedOver).map(presentJwt);
  const examined = await Promise.all(
    [...published.presentations, ...handedOver].map(inquiry.examine),
  );
  const count = published.presentations.length;
  const held = examined.flatMap((one, at) => heldOf(inquiry, one, at < count));
  const unknown = published.incomplete ? 'fetch-failed' : firstUnknown(examined);
  inquiry.facets.set({ held, unknown });
  const refused = examined.flatMap(refusalOf);
  const evidence = { facets: held.length, refused, faults: published.faults };
  return refused.length === 0 && published.faults.length === 0
    ? pass({ facets: held.length })
    : warn(evidence, fix);
}

/** Which facets the question needs; undefined when it needs none. */
function wantedFacets(inquiry: Inquiry): ((listed: ListedFacet) => boolean) | undefined {
  if (inquiry.statement.value.kind !== 'passport') {
    return undefined;
  }
  const { question, court, passport, signed } = inquiry;
  const { requiredScopes, requiredTypes } = court.trust;
  const asksScopes = question.scope !== '' || requiredScopes.length > 0;
  const unnamed = asksScopes && passport.authorizedScopes === undefined;
  const types = requiredTypes.filter((type) => !signed.value.types.includes(type));
  if (unnamed || question.details.length > 0) {
    types.push(facetCredentialTypes['allowed-actions']);
  }
  return types.length === 0 ? undefined : (listed) => mayBe(listed, types);
}

// A listing names our own facets shortly, and an organization's own as the organization likes.
function mayBe({ type }: ListedFacet, types: readonly string[]): boolean {
  const known = facetTypes.find((facetType) => facetType === type);
  const ours: readonly string[] = Object.values(facetCredentialTypes);
  return known === undefined
    ? types.some((wanted) => !ours.includes(wanted))
    : types.includes(facetCredentialTypes[known]);
}

function heldOf(
  inquiry: Inquiry,
  { outcome, credential, statement }: ExaminedCredential,
  published: boolean,
): readonly HeldFacet[] {
  const passport = inquiry.signed.value;
  const holds =
    outcome === 'accepted' &&
    credential?.issuer === passport.issuer &&
    credential.subjectId === passport.subjectId &&
    credential.subjectDid === passport.subjectDid;
  return holds && statement !== undefined ? [{ credential, statement, published }] : [];
}

function firstUnknown(examined: readonly ExaminedCredential[]): Reason | undefined {
  return examined.find(({ outcome }) => outcome === 'undetermined')?.reason ?? undefined;
}

function refusalOf({ outcome, reason, credential }: ExaminedCredential) {
  return outcome === 'accepted' ? [] : [{ credential: credential?.id ?? null, reason }];
}
