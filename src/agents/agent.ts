import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Did } from '../protocol/did-web.ts';

/** An agent by its id, `agt_…`. */
export type AgentId = Brand<'AgentId'>;
/** What kind of software the agent is, as its passport says. */
export type AgentKind = 'agent' | 'mcp-server' | 'mcp-client';
/** `pending` exists only between the start of onboarding and its last step. */
export type AgentState = 'pending' | 'active' | 'suspended' | 'retired';
/** `jwk`: the agent brought its key. `issued`: it was handed out once. `registry`: it never leaves. */
export type KeyCustody = 'jwk' | 'issued' | 'registry';
/** The OAuth grants that an agent may be registered for. */
export type GrantType = 'authorization_code' | 'client_credentials' | 'refresh_token';

/**
 * A client document that an agent has beside its own: `strict` holds no member that some server may
 * not know, under a client_id of its own and with its passport beside it.
 */
export type DocumentProfile = 'strict';

/** What an owner may change about an agent. */
export interface AgentProfile {
  readonly name: string;
  readonly description: string | null;
  readonly owners: readonly string[];
  readonly team: string | null;
  readonly tags: readonly string[];
  readonly version: string | null;
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly GrantType[];
  readonly logoUri: string | null;
  readonly profiles: readonly DocumentProfile[];
  /** Papers are never valid beyond this moment. null: an agent from before every agent had an end. */
  readonly expiresAt: Date | null;
}

/** What may be said of an agent before there is one. A member that is left out is absent or empty. */
export interface AgentOptions {
  readonly description?: string | undefined;
  readonly team?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly version?: string | undefined;
  /** Absent or empty: the agent's own inert callback, as for a machine agent. */
  readonly redirectUris?: readonly string[] | undefined;
  readonly grantTypes?: readonly GrantType[] | undefined;
  readonly logoUri?: string | undefined;
  /** Client documents beside its own, each with a client_id of its own. */
  readonly profiles?: readonly DocumentProfile[] | undefined;
}

/** An agent or MCP server that the organization answers for. */
export interface Agent extends AgentProfile {
  readonly id: AgentId;
  readonly organizationId: OrganizationId;
  /** Immutable, never reused: it is part of the client_id and of the DID. */
  readonly handle: string;
  readonly kind: AgentKind;
  readonly state: AgentState;
  readonly clientId: string;
  readonly did: Did;
  readonly keyCustody: KeyCustody;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Counts changes that the published papers must reflect. */
  readonly papersRevision: number;
  /** The revision that the published papers reflect; smaller means that work is owed. */
  readonly publishedRevision: number;
}

/** Whether the agent's own end has come: it gets no papers any more. */
export function hasEnded(agent: Pick<Agent, 'expiresAt'>, at: Date): boolean {
  return agent.expiresAt !== null && agent.expiresAt <= at;
}

/** The URL under which all public documents of an agent live. */
export function agentBaseUrl(organization: { readonly baseUrl: string }, handle: string): string {
  return `${organization.baseUrl}/a/${handle}`;
}
