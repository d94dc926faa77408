import type { Agent, AgentId, AgentKind, AgentOptions, AgentProfile } from '../agents/agent.ts';
import type { AgentLint } from '../agents/agent-lint.ts';
import type { AgentFilter } from '../agents/agent-store.ts';
import type { Actor } from '../audit/audit-event.ts';
import type { Credential, CredentialId } from '../credentials/credential.ts';
import type { CredentialFilter } from '../credentials/credential-store.ts';
import type { FacetOrder } from '../credentials/facet-draft.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { ApiToken, TokenId, TokenReach, TokenScope } from '../organizations/api-token.ts';
import type { Organization, OrganizationId } from '../organizations/organization.ts';
import type { UpdateOrganizationInput } from '../organizations/update-organization.ts';
import type { JsonObject, JsonValue } from '../protocol/strict-json.ts';
import type { PublicDocument } from '../publication/public-document.ts';
import type { AnswerOnceInput, CarryOut, OnceAnswered } from '../requests/answer-once.ts';
import type { RequestId } from '../requests/remembered-request.ts';
import type { AccessGrant, AccessQuestion } from './answer-access.ts';
import type { ApplyCases } from './apply-cases.ts';
import type { AssertionCases } from './assertion-cases.ts';
import type { AuditCases } from './audit-cases.ts';
import type { BulkCases } from './bulk-cases.ts';
import type { EnrolmentCases } from './enrolment-cases.ts';
import type { EstateCases } from './estate-cases.ts';
import type { EventCases } from './event-cases.ts';
import type { IssuerKeyCases } from './issuer-key-cases.ts';
import type { KeyCases } from './key-cases.ts';
import type { OnboardAgentInput } from './onboard-agent.ts';
import type { OrganizationCases } from './organization-cases.ts';
import type { SchemaCases } from './schema-cases.ts';
import type { TemplateCases } from './template-cases.ts';
import type { WorkloadCases } from './workload-cases.ts';

/** Who asks, and for which organization: both come from the credential that opened the call. */
export interface Caller {
  readonly organizationId: OrganizationId;
  readonly actor: Actor;
  /** What of the organization exists for this caller; absent, all of it. */
  readonly reach?: TokenReach;
  /** Set for a call that may be sent again: what it makes gets ids derived from this one. */
  readonly requestId?: RequestId;
  /** Whether an earlier attempt at the call may have done what is asked, and was not answered. */
  readonly isResent?: boolean;
}

/**
 * How an agent gets its key: exactly one of the three. Whoever issues a pair of their own making gives
 * its public half along; nothing is handed out then.
 */
export type KeyOrder =
  | { readonly custody: 'jwk'; readonly jwk: JsonValue }
  | { readonly custody: 'issued'; readonly jwk?: JsonValue | undefined }
  | { readonly custody: 'registry' };

/** An agent as its owner describes it. A member that is left out is absent or empty in its papers. */
export interface EnrolAgentInput extends Caller, AgentOptions {
  readonly handle: string;
  readonly kind: AgentKind;
  readonly name: string;
  readonly owners: readonly string[];
  readonly key: KeyOrder;
  /** A year from now unless given. */
  readonly expiresAt?: Date | undefined;
  /** Facets that are issued with the agent: all of them, or it is not onboarded. */
  readonly credentials?: readonly FacetOrder[] | undefined;
}

/** An agent with published papers. `privateJwk` is there once, for custody `issued` only. */
export interface EnrolledAgent {
  readonly agent: Agent;
  /** The facets that it got with its first passport, in the order of the input. */
  readonly credentials: readonly Credential[];
  readonly privateJwk: JsonObject | null;
}

/** One agent of the caller's organization. */
export interface AgentRef extends Caller {
  readonly handle: string;
}

/** A change to an agent as its caller read it. */
export interface AgentAsRead extends AgentRef {
  /** false for an agent that is no longer what the caller read: the change is then refused. */
  readonly isExpected?: (agent: Agent) => boolean;
}

/** `reason` stands in the audit trail: 1 to 500 characters. */
export interface ChangeAgentStateInput extends AgentAsRead {
  readonly reason: string;
}

/** What an owner changes about an agent; handle, kind and key stay as they are. */
export interface UpdateAgentInput extends AgentAsRead {
  /** Only the members present change. */
  readonly changes: { readonly [Member in keyof AgentProfile]?: AgentProfile[Member] | undefined };
}

/** A facet to issue, and to whom. */
export interface IssueCredentialInput extends AgentRef, FacetOrder {}

/** `reason` stands in the audit trail: 1 to 500 characters. */
export interface ChangeCredentialInput extends Caller {
  readonly id: CredentialId;
  readonly reason: string;
}

/** A credential after a change that the public lists already show. */
export interface ChangedCredential {
  readonly credential: Credential;
  /** When the status lists that show the change were published. */
  readonly publishedAt: Date;
}

/** A token to make. `expiresAt` null is a token without an end. */
export interface CreateTokenInput extends Caller {
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly expiresAt: Date | null;
  /** Given: the token reaches the agents of this team only. */
  readonly team?: string | null;
  /** Given: the token reaches only the agent with this handle. */
  readonly agent?: string | null;
}

/**
 * Everything the registry does, with its ports already bound: what the HTTP and command-line edges
 * call. All methods throw SealwrightError for a refusal and change nothing then.
 */
export interface Registry
  extends EnrolmentCases,
    TemplateCases,
    SchemaCases,
    ApplyCases,
    BulkCases,
    KeyCases,
    AssertionCases,
    WorkloadCases,
    IssuerKeyCases,
    OrganizationCases,
    EstateCases,
    EventCases,
    AuditCases {
  findOrganization(caller: Caller): Promise<Organization>;
  updateOrganization(input: UpdateOrganizationInput): Promise<Organization>;

  enrolAgent(input: OnboardAgentInput): Promise<EnrolledAgent>;
  updateAgent(input: UpdateAgentInput): Promise<Agent>;
  suspendAgent(input: ChangeAgentStateInput): Promise<Agent>;
  resumeAgent(input: ChangeAgentStateInput): Promise<Agent>;
  retireAgent(input: ChangeAgentStateInput): Promise<Agent>;
  findAgent(input: AgentRef): Promise<Agent>;
  /** What the lint found in the agent's client documents; null before they were published. */
  findAgentLint(input: AgentRef): Promise<AgentLint | null>;
  listAgents(filter: AgentFilter, page: PageRequest): Promise<readonly Agent[]>;
  findAgents(ids: readonly AgentId[]): Promise<readonly Agent[]>;
  /** Versions of the agent's public documents, newest first. */
  listAgentDocuments(input: AgentRef): Promise<readonly PublicDocument[]>;

  issueCredential(input: IssueCredentialInput): Promise<Credential>;
  renewCredential(input: ChangeCredentialInput): Promise<Credential>;
  revokeCredential(input: ChangeCredentialInput): Promise<ChangedCredential>;
  suspendCredential(input: ChangeCredentialInput): Promise<ChangedCredential>;
  resumeCredential(input: ChangeCredentialInput): Promise<ChangedCredential>;
  findCredential(input: Caller & { readonly id: CredentialId }): Promise<Credential>;
  listCredentials(filter: CredentialFilter, page: PageRequest): Promise<readonly Credential[]>;
  /** The public URL of a credential that is served, null for one that is not. */
  credentialUrl(credential: Credential): Promise<string | null>;

  answerAccess(question: AccessQuestion, page: PageRequest): Promise<readonly AccessGrant[]>;

  createToken(input: CreateTokenInput): Promise<{ token: ApiToken; text: string }>;
  listTokens(caller: Caller): Promise<readonly ApiToken[]>;
  revokeToken(input: Caller & { readonly id: TokenId }): Promise<ApiToken>;
  /** Carries a call out once for the key that its caller chose. */
  answerOnce(input: AnswerOnceInput, run: CarryOut): Promise<OnceAnswered>;
  /** The usable token with this text, or null; `onEnded` hears of one that was usable once. */
  authenticate(text: string, onEnded?: (token: ApiToken) => void): Promise<ApiToken | null>;
}
