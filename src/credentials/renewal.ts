import type { Agent } from '../agents/agent.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { ComplianceClaims } from '../protocol/facet.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { Credential, CredentialRecord, IssuedType } from './credential.ts';
import { schemaVersionOf } from './custom-type.ts';
import type { FacetDraft } from './facet-draft.ts';
import { lifeOf, type Validity, type ValidityOrder, wholeSeconds } from './validity.ts';

/** What somebody asks of a facet's renewals when it is issued. */
export interface RenewalOrder extends ValidityOrder {
  /** Absent: it is renewed unless its end was named. */
  readonly renew?: boolean | undefined;
}

/**
 * How long each renewal of a facet holds, in seconds; null when it is to run out: because somebody
 * said so, named its end, or because its claims have ended by then.
 */
export function renewsForOf(
  order: RenewalOrder,
  facet: Validity & { readonly type: IssuedType; readonly claims: JsonObject },
): number | null {
  if (order.renew === true && order.validUntil !== undefined) {
    throw new SealwrightError('invalid-input', 'The renewal is not usable.', {
      faults: [{ pointer: '/renew', detail: 'what is to end at validUntil is not renewed' }],
    });
  }
  const isWanted = order.renew ?? order.validUntil === undefined;
  if (!isWanted || hasClaimsEnded(facet, facet.validUntil)) return null;
  return lifeOf(order, facet.validFrom);
}

/** The moment after which a credential is renewed: two thirds of its life. */
export function renewalTime({ validFrom, validUntil }: Validity): Date {
  const lifeMs = validUntil.getTime() - validFrom.getTime();
  return new Date(validFrom.getTime() + (lifeMs * 2) / 3);
}

/**
 * When the registry renews a credential by itself, as things stand; null when it lets it run out. A
 * passport is renewed then unless any other change of its agent came first.
 */
export function renewsAt(credential: Credential, agent: Agent, at: Date): Date | null {
  if (agent.state !== 'active' || credential.sealing !== 'sealed') return null;
  if (isTakenBack(credential) || !renews(credential, at)) return null;
  const end = agent.expiresAt;
  const isOutlived = end === null || wholeSeconds(end) > credential.validUntil;
  return isOutlived ? renewalTime(credential) : null;
}

function renews(credential: Credential, at: Date): boolean {
  if (credential.type === 'passport') return renewalTime(credential) > at;
  return credential.renewsForS !== null && credential.renewedBy === null;
}

/** Whether a credential is revoked, or suspended by itself or with its agent. */
export function isTakenBack(credential: Credential): boolean {
  const { revokedAt, suspendedAt, agentSuspendedAt } = credential;
  return revokedAt !== null || suspendedAt !== null || agentSuspendedAt !== null;
}

/**
 * The renewal of a facet by the registry: the same statement for as long again, no longer than the
 * agent and than its claims; null when these have ended.
 */
export function renewalDraft(former: Credential, agent: Agent, now: Date): FacetDraft | null {
  const { type, claims, visibility, reason, series, renewsForS } = former;
  if (type === 'passport' || renewsForS === null) return null;
  const validFrom = wholeSeconds(now);
  const asked = new Date(validFrom.getTime() + renewsForS * 1_000);
  const validUntil = [agent.expiresAt, claimsEnd({ type, claims })].reduce<Date>(
    (earliest, end) => (end !== null && end < earliest ? wholeSeconds(end) : earliest),
    asked,
  );
  if (validUntil <= validFrom) return null;
  const schemaVersion = schemaVersionOf(former);
  const renewal = { type, schemaVersion, claims, visibility, reason, validFrom, validUntil };
  const isLast = hasClaimsEnded(renewal, validUntil);
  return { ...renewal, renewalOf: former.id, series, renewsForS: isLast ? null : renewsForS };
}

/** Whether nothing of what a facet says holds any more at that moment, by its own dates. */
export function hasClaimsEnded(facet: Pick<CredentialRecord, 'type' | 'claims'>, at: Date) {
  const end = claimsEnd(facet);
  return end !== null && end <= at;
}

/**
 * The end of the last attestation; null when one has none, and for other facets. One that ended
 * earlier says so itself, and passports leave it out.
 */
function claimsEnd({ type, claims }: Pick<CredentialRecord, 'type' | 'claims'>): Date | null {
  if (type !== 'compliance') return null;
  const { attestations } = claims as unknown as ComplianceClaims;
  const ends = attestations.map(({ validUntil }) => validUntil);
  if (ends.includes(undefined)) return null;
  return new Date(Math.max(...ends.map((end) => Date.parse(end ?? ''))));
}
