import { facetCredentialTypes, facetTypes } from '../../protocol/facet.ts';
import { facetHolder, type ListedFacet } from '../../protocol/facet-listing.ts';
import { parseScope } from '../../protocol/scope.ts';
import type { Finding } from '../finding.ts';
import { pass, skip, warn } from '../finding.ts';
import type { ExaminedCredential, HeldFacet, Inquiry } from '../inquiry.ts';
import { presentJwt } from '../intake/from-jwt.ts';
import type { Presentation } from '../intake/presentation.ts';
import type { PublishedFacets } from '../resolve/facets.ts';
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
    inquiry.facets.set({ held: [], unknown: undefined, denialsKnown: true });
    return skip('the passport says everything that is asked');
  }
  const { deadline, subject: clientId } = inquiry;
  const issuedAt = inquiry.signed.value.validFrom.getTime();
  const request = { clientId, isWanted, issuedAt, deadline };
  const published = await inquiry.court.sources.facets.read(request);
  const presented = published.read.map(({ presentation }) => presentation);
  const handed = inquiry.question.credentials.slice(0, maxHandedOver).map(presentJwt);
  const judged = await judgeAll(inquiry, [...presented, ...handed]);
  const held = judged.flatMap((one, at) => heldOf(one, at < presented.length));
  const unknown = unknownIn(published, judged);
  inquiry.facets.set({ held, unknown, denialsKnown: denialsAreKnown(published, judged) });
  const refused = judged.flatMap(refusalOf);
  const faults = [...new Set(published.missed.map(({ fault }) => fault))];
  return refused.length === 0 && faults.length === 0
    ? pass({ facets: held.length })
    : warn({ facets: held.length, refused, faults }, fix);
}

/** Which facets the question needs; undefined when it needs none. */
function wantedFacets(inquiry: Inquiry): ((listed: ListedFacet) => boolean) | undefined {
  if (inquiry.statement.value.kind !== 'passport') {
    return undefined;
  }
  const { question, court, passport, signed } = inquiry;
  const { requiredScopes, requiredTypes } = court.trust;
  const asksScopes = parseScope(question.scope).length > 0 || requiredScopes.length > 0;
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

interface Judged extends ExaminedCredential {
  /** Whether it is a facet of this agent by its own issuer, as it reads. */
  readonly own: boolean;
}

function judgeAll(
  inquiry: Inquiry,
  presentations: readonly Presentation[],
): Promise<readonly Judged[]> {
  return Promise.all(
    presentations.map(async (presentation) => {
      const objection = objectionTo(inquiry, presentation);
      return objection === undefined
        ? { ...(await inquiry.examine(presentation)), own: true }
        : refusedFor(objection);
    }),
  );
}

/**
 * Why a credential is no facet of this agent, whatever its signature; nothing is fetched for it, or
 * an agent could have the papers of others read.
 */
function objectionTo(
  inquiry: Inquiry,
  { credential: presented }: Presentation,
): Reason | undefined {
  if (presented?.credential.ok !== true) {
    return undefined;
  }
  const { value } = presented.credential;
  const passport = inquiry.signed.value;
  if (value.issuer !== passport.issuer) {
    return 'issuer-not-trusted';
  }
  const isOwn = [passport.subjectId, facetHolder(passport.subjectId)].includes(value.subjectId);
  if (!isOwn || value.subjectDid !== passport.subjectDid) {
    return 'subject-mismatch';
  }
  const isPassport = presented.statement.ok && presented.statement.value.kind === 'passport';
  return isPassport ? 'schema-invalid' : undefined;
}

function refusedFor(reason: Reason): Judged {
  const nothing = { credential: undefined, statement: undefined };
  return { outcome: 'rejected', reason, ...nothing, own: false };
}

function heldOf(
  { outcome, credential, statement }: Judged,
  published: boolean,
): readonly HeldFacet[] {
  return outcome === 'accepted' && credential !== undefined && statement !== undefined
    ? [{ credential, statement, published }]
    : [];
}

function unknownIn({ missed }: PublishedFacets, judged: readonly Judged[]): Reason | undefined {
  return missed.every(({ definite }) => definite)
    ? (judged.find(({ outcome }) => outcome === 'undetermined')?.reason ?? undefined)
    : 'fetch-failed';
}

/** What is not in force denies nothing. */
const outOfForce: ReadonlySet<Reason | null> = new Set<Reason>([
  'expired',
  'not-yet-valid',
  'status-revoked',
  'status-suspended',
]);

/** What was handed over beside the published facets hides no denial: nobody would hand it over. */
function denialsAreKnown({ read, missed }: PublishedFacets, judged: readonly Judged[]): boolean {
  const isOpen = ({ outcome, reason, own }: Judged, at: number) =>
    own && outcome !== 'accepted' && !outOfForce.has(reason) && read[at]?.mayDeny === true;
  return !judged.some(isOpen) && !missed.some(({ mayDeny }) => mayDeny);
}

function refusalOf({ outcome, reason, credential }: Judged) {
  return outcome === 'accepted' ? [] : [{ credential: credential?.id ?? null, reason }];
}
