import type { Agent } from '../agents/agent.ts';
import { formatDateTime } from '../protocol/date-time.ts';
import type {
  AllowedActionsClaims,
  Attestation,
  ComplianceClaims,
  ProvenanceClaims,
} from '../protocol/facet.ts';
import { maxPassportAttestations, maxPassportScopes } from '../protocol/passport.ts';
import { scopeOf } from '../protocol/scope.ts';
import type { CredentialRecord } from './credential.ts';
import { wholeSeconds } from './validity.ts';

/** A passport is short-lived, so that a forgotten agent loses its papers by itself. */
const mostPassportMs = 7 * 24 * 3_600_000;

/** What a facet about to end gives is left out, or it would take the passport with it. */
const endingMs = 60_000;

/** The part of a facet that a passport summarises. */
export type SummarisedFacet = Pick<
  CredentialRecord,
  'type' | 'claims' | 'visibility' | 'validFrom' | 'validUntil'
>;

/** What the facets in force say, in the passport's words. */
export interface PassportSummary {
  /** Absent only where a verifier has to read the published facets instead: see `unnamedScopes`. */
  readonly authorizedScopes?: readonly string[];
  readonly complianceAttestations?: readonly { standard: string; validUntil: string }[];
  readonly provenance?: { digest?: string; slsaLevel?: number };
  readonly delegation?: { permitted: boolean; maxDepth: number };
  readonly validUntil: Date;
}

/** Summarises facets: what any of them denies is left out, and nothing outlives its source. */
export function summariseFacets(
  agent: Agent,
  inForce: readonly SummarisedFacet[],
  now: Date,
): PassportSummary {
  const facets = inForce.filter((facet) => facet.validUntil.getTime() - now.getTime() > endingMs);
  const actions = claimsOfType<AllowedActionsClaims>(facets, 'allowed-actions');
  const limits = claimsOfType<AllowedActionsClaims>(inForce, 'allowed-actions');
  const provenance = claimsOfType<ProvenanceClaims>(facets, 'provenance').at(-1);
  const scopes = authorizedScopes(actions, limits);
  const attestations = complianceAttestations(facets, now);
  const summary = provenance === undefined ? {} : provenanceSummary(provenance);
  return {
    ...(scopes.length <= maxPassportScopes ? { authorizedScopes: scopes } : unnamedScopes(inForce)),
    ...(attestations.length > 0 ? { complianceAttestations: attestations } : {}),
    ...(Object.keys(summary).length > 0 ? { provenance: summary } : {}),
    ...narrowestDelegation(limits),
    validUntil: earliestEnd(agent, facets, now),
  };
}

/**
 * What a passport says of scopes that it has no room for: nothing, so that verifiers read the
 * published facets. Where a facet that is not published denies something they could not know it,
 * and the passport says instead that there are none: what is denied wins.
 */
export function unnamedScopes(
  inForce: readonly SummarisedFacet[],
): Pick<PassportSummary, 'authorizedScopes'> {
  const hidden = inForce.filter(({ visibility }) => visibility !== 'public');
  const limits = claimsOfType<AllowedActionsClaims>(hidden, 'allowed-actions');
  return limits.some(({ denied = [] }) => denied.length > 0) ? { authorizedScopes: [] } : {};
}

/** Whether facets that came to those in force deny a scope that those gave, or limit delegation. */
export function takesAway(
  newFacets: readonly SummarisedFacet[],
  inForce: readonly SummarisedFacet[],
): boolean {
  const limits = claimsOfType<AllowedActionsClaims>(newFacets, 'allowed-actions');
  const held = claimsOfType<AllowedActionsClaims>(inForce, 'allowed-actions');
  const given = new Set(authorizedScopes(held, held));
  const denied = limits.flatMap((facet) => facet.denied ?? []).map(scopeOf);
  const before = narrowestDelegation(held).delegation;
  const after = narrowestDelegation([...held, ...limits]).delegation;
  return (
    denied.some((scope) => given.has(scope)) || (after?.maxDepth ?? 0) < (before?.maxDepth ?? 0)
  );
}

function claimsOfType<Claims>(facets: readonly SummarisedFacet[], type: string): Claims[] {
  return facets
    .filter((facet) => facet.type === type)
    .map((facet) => facet.claims as unknown as Claims);
}

function authorizedScopes(
  claims: readonly AllowedActionsClaims[],
  limits: readonly AllowedActionsClaims[],
): string[] {
  const denied = new Set(limits.flatMap((facet) => facet.denied ?? []).map(scopeOf));
  const allowed = claims.flatMap((facet) => facet.actions).map(scopeOf);
  return [...new Set(allowed)].filter((scope) => !denied.has(scope));
}

function complianceAttestations(facets: readonly SummarisedFacet[], now: Date) {
  const attested = new Map<string, Date>();
  for (const facet of facets.filter(({ type }) => type === 'compliance')) {
    const { attestations } = facet.claims as unknown as ComplianceClaims;
    for (const { edition, validUntil } of attestations.filter((one) => counts(one, now))) {
      const ends = validUntil === undefined ? facet.validUntil : new Date(validUntil);
      const until = ends < facet.validUntil ? ends : facet.validUntil;
      const known = attested.get(edition);
      if (known === undefined || known < until) attested.set(edition, until);
    }
  }
  return [...attested]
    .slice(0, maxPassportAttestations)
    .map(([standard, until]) => ({ standard, validUntil: formatDateTime(until) }));
}

/** Only a finding of conformity that is in force counts. */
function counts(attestation: Attestation, now: Date): boolean {
  const { outcome, validFrom, validUntil } = attestation;
  const begun = validFrom === undefined || new Date(validFrom) <= now;
  const ended = validUntil !== undefined && new Date(validUntil) <= now;
  return outcome === 'conformant' && begun && !ended;
}

function provenanceSummary(claims: ProvenanceClaims): { digest?: string; slsaLevel?: number } {
  const digest = claims.artifacts?.[0]?.digest;
  const slsaLevel = claims.build?.slsaLevel;
  return {
    ...(digest === undefined ? {} : { digest }),
    ...(slsaLevel === undefined ? {} : { slsaLevel }),
  };
}

/** Delegation is permitted only when every facet that speaks of it permits it. */
function narrowestDelegation(claims: readonly AllowedActionsClaims[]) {
  const said = claims.flatMap((facet) =>
    facet.delegation === undefined ? [] : [facet.delegation],
  );
  if (said.length === 0) return {};
  const permitted = said.every((delegation) => delegation.permitted);
  const maxDepth = permitted ? Math.min(...said.map((delegation) => delegation.maxDepth)) : 0;
  return { delegation: { permitted, maxDepth } };
}

function earliestEnd(agent: Agent, facets: readonly SummarisedFacet[], now: Date): Date {
  const ends = facets.map((facet) => facet.validUntil.getTime());
  const agentEnds = agent.expiresAt === null ? [] : [agent.expiresAt.getTime()];
  return wholeSeconds(new Date(Math.min(now.getTime() + mostPassportMs, ...ends, ...agentEnds)));
}
