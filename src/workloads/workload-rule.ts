import type { Brand } from '../kernel/brand.ts';
import type { TokenScope } from '../organizations/api-token.ts';
import type { OrganizationId } from '../organizations/organization.ts';

/** A rule by its id, `wlr_…`. */
export type WorkloadRuleId = Brand<'WorkloadRuleId'>;

/** Who vouches for a workload: an OpenID provider, or the SPIFFE trust domain that it lives in. */
export const workloadKinds = ['oidc', 'spiffe'] as const;

/** One kind of issuer. */
export type WorkloadKind = (typeof workloadKinds)[number];

/**
 * What claims must say, by their name, or by JSON Pointer (RFC 6901) for one inside another. Of the
 * values of a claim one has to fit; all claims have to. See `claimFits` for what fits.
 */
export type ClaimDemands = Readonly<Record<string, readonly string[]>>;

/** What a token that is issued under a rule may do, and for how long. */
export interface WorkloadGrants {
  /** Never `org:admin`: such a token could make itself another that does not end. */
  readonly scopes: readonly TokenScope[];
  /** Set: the token reaches only the agents of this team. */
  readonly team: string | null;
  /** Set: the token reaches only the agent with this handle. */
  readonly agent: string | null;
}

/** Where the keys come from that a token of this issuer is verified with. */
export interface KeySource {
  readonly kind: WorkloadKind;
  /** Exact: the `iss` of an OpenID provider, or the name of a trust domain. */
  readonly issuer: string;
  /** Key set or SPIFFE bundle; null for what the issuer's own discovery document names. */
  readonly jwksUri: string | null;
}

/** Which workloads are exchanged a token for theirs, and what that token may do. */
export interface WorkloadRule extends KeySource {
  readonly id: WorkloadRuleId;
  readonly organizationId: OrganizationId;
  readonly name: string;
  /** The only `aud` that is accepted: the organization's base URL, or a URL below it. */
  readonly audience: string;
  readonly claims: ClaimDemands;
  readonly grants: WorkloadGrants;
  /** Seconds, 60 to 3600. */
  readonly tokenLifetimeS: number;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}
