import { createHash, randomBytes } from 'node:crypto';
import type { AgentId, AgentKind, AgentOptions } from '../agents/agent.ts';
import type { FacetOrder } from '../credentials/facet-draft.ts';
import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { PublicJwk } from '../protocol/jwk.ts';

/** An enrolment by its id, `enr_…`; never its token. */
export type EnrolmentId = Brand<'EnrolmentId'>;

/**
 * `open`: nobody came with the token yet. `awaiting-approval`: somebody did, and is bound to it by
 * a key. `enrolled`, `rejected` and `withdrawn` are final.
 */
export type EnrolmentState = 'open' | 'awaiting-approval' | 'enrolled' | 'rejected' | 'withdrawn';

/** The state as people see it: an enrolment that ran out before it ended is `expired`. */
export type ShownEnrolmentState = EnrolmentState | 'expired';

/** A facet that an agent gets with its first passport. */
export type OnboardingFacet = Omit<FacetOrder, 'validUntil'>;

/**
 * What the agent will be, but for what only it can say. It is fixed when the enrolment is made: a
 * template that changes later changes nothing about tokens that are out.
 */
export interface OrderedAgent extends AgentOptions {
  readonly kind: AgentKind;
  readonly owners: readonly string[];
  readonly name?: string | undefined;
  /** How long the agent lives from its onboarding on: an ISO 8601 duration such as `P1Y`. */
  readonly lifetime?: string | undefined;
  /** The agent's own end as RFC 3339, where it was given as a moment. */
  readonly endsAt?: string | undefined;
  readonly credentials: readonly OnboardingFacet[];
}

/** Who came with the token: from then on nobody else can use it. */
export interface EnrolmentRequest {
  readonly handle: string;
  readonly name: string;
  readonly jwk: PublicJwk;
  /** RFC 7638 thumbprint of the key. */
  readonly thumbprint: string;
  readonly at: Date;
}

/** A one-time invitation for one agent. Only the sha-256 of its token is kept. */
export interface Enrolment {
  readonly id: EnrolmentId;
  readonly organizationId: OrganizationId;
  readonly state: EnrolmentState;
  /** sha-256 of the token, in hex: the token has 256 random bits, so no salt is needed. */
  readonly tokenHash: string;
  /** null when the agent chooses. */
  readonly handle: string | null;
  /** The name of the template that the order was filled from. */
  readonly template: string | null;
  readonly needsApproval: boolean;
  readonly order: OrderedAgent;
  readonly request: EnrolmentRequest | null;
  /** The agent that came of it. */
  readonly agentId: AgentId | null;
  /** Why it was rejected. */
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** A new token: `swe_` and 256 random bits. It is shown once and never stored. */
export function mintEnrolmentToken(): string {
  return `swe_${randomBytes(32).toString('base64url')}`;
}

/** The sha-256 of a token: in hex as enrolments are found by it, in base64url as proofs name it. */
export function hashEnrolmentToken(token: string, encoding: 'hex' | 'base64url' = 'hex'): string {
  return createHash('sha256').update(token).digest(encoding);
}

/** Where an enrolment stands at a moment. */
export function enrolmentStateAt(
  { state, expiresAt }: Pick<Enrolment, 'state' | 'expiresAt'>,
  at: Date,
): ShownEnrolmentState {
  const isPending = state === 'open' || state === 'awaiting-approval';
  return isPending && expiresAt <= at ? 'expired' : state;
}
