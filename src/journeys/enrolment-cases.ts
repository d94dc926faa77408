import type { Agent, AgentKind, AgentOptions } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { CallOrigin } from '../audit/audit-event.ts';
import type { Enrolment, EnrolmentId, OnboardingFacet } from '../enrolments/enrolment.ts';
import type { EnrolmentFilter, EnrolmentReader } from '../enrolments/enrolment-store.ts';
import type { TemplateReader } from '../enrolments/template-store.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { JsonValue } from '../protocol/strict-json.ts';
import { createEnrolment } from './create-enrolment.ts';
import { approveEnrolment, rejectEnrolment, withdrawEnrolment } from './decide-enrolment.ts';
import type { EnrolAgentDeps } from './enrol-agent.ts';
import { enrolWithToken } from './enrol-with-token.ts';
import { findEnrolment } from './find-enrolment.ts';
import type { PapersDeps } from './papers.ts';
import type { PublishStandingDeps } from './publish-standing.ts';
import type { Caller } from './registry.ts';

/** What an enrolment is to make; where it is silent its template speaks. */
export interface CreateEnrolmentInput extends Caller, AgentOptions {
  /** Absent: the agent names itself. */
  readonly handle?: string | undefined;
  /** The name of a template. */
  readonly template?: string | undefined;
  readonly kind?: AgentKind | undefined;
  readonly owners?: readonly string[] | undefined;
  /** Absent: what the agent calls itself, or its handle. */
  readonly name?: string | undefined;
  /** When the agent ends for good. */
  readonly expiresAt?: Date | undefined;
  /** Issued with the agent's first passport, after those of the template. */
  readonly credentials?: readonly OnboardingFacet[] | undefined;
  /** Whether somebody has to approve the key that comes; a template that says so cannot be outdone. */
  readonly approval?: boolean | undefined;
  /** How long the token lives: an ISO 8601 duration up to `P30D`; `PT24H` when absent. */
  readonly expiresIn?: string | undefined;
}

/** An enrolment with its token, which cannot be had again. */
export interface CreatedEnrolment {
  readonly enrolment: Enrolment;
  readonly token: string;
  /** The base URL that a proof has to name as its audience. */
  readonly audience: string;
}

/** One enrolment of the caller's organization. */
export interface EnrolmentRef extends Caller {
  readonly id: EnrolmentId;
}

/** What an agent sends to get its identity. */
export interface EnrolWithTokenInput {
  readonly token: string;
  /** The public key, as a JWK. */
  readonly jwk: JsonValue;
  /** The JWT that shows that the agent holds the key. */
  readonly proof: string;
  readonly handle?: string | undefined;
  readonly name?: string | undefined;
  /** Where the call came from. */
  readonly from?: CallOrigin | undefined;
}

/** What became of it: an identity, or a place in the queue of approvals. */
export type EnrolOutcome =
  | { readonly state: 'enrolled'; readonly agent: Agent }
  | { readonly state: 'awaiting-approval'; readonly enrolment: Enrolment };

/** Agents that get their identity by a one-time token and a key of their own. */
export interface EnrolmentCases {
  createEnrolment(input: CreateEnrolmentInput): Promise<CreatedEnrolment>;
  findEnrolment(input: EnrolmentRef): Promise<Enrolment>;
  listEnrolments(filter: EnrolmentFilter, page: PageRequest): Promise<readonly Enrolment[]>;
  /** Onboards the agent that waits; repeating it is harmless. */
  approveEnrolment(input: EnrolmentRef): Promise<Enrolment>;
  rejectEnrolment(input: EnrolmentRef & { readonly reason: string }): Promise<Enrolment>;
  withdrawEnrolment(input: EnrolmentRef): Promise<Enrolment>;
  enrolWithToken(input: EnrolWithTokenInput): Promise<EnrolOutcome>;
}

/** What the cases about enrolments need together. */
export interface EnrolmentCasesDeps
  extends EnrolAgentDeps,
    PublishStandingDeps,
    Pick<PapersDeps, 'clock'> {
  readonly agents: AgentReader;
  readonly enrolments: EnrolmentReader;
  readonly templates: TemplateReader;
}

/** Binds the cases to their ports. */
export function bindEnrolmentCases(deps: EnrolmentCasesDeps): EnrolmentCases {
  return {
    createEnrolment: (input) => createEnrolment(deps, input),
    findEnrolment: (input) => findEnrolment(deps, input),
    listEnrolments: (filter, page) => deps.enrolments.list(filter, page),
    approveEnrolment: (input) => approveEnrolment(deps, input),
    rejectEnrolment: (input) => rejectEnrolment(deps, input),
    withdrawEnrolment: (input) => withdrawEnrolment(deps, input),
    enrolWithToken: (input) => enrolWithToken(deps, input),
  };
}
