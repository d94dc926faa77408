import type { Agent, AgentId, AgentState } from '../../../src/agents/agent.ts';
import type { AgentLint } from '../../../src/agents/agent-lint.ts';
import type { AuditEvent, AuditRecord } from '../../../src/audit/audit-event.ts';
import type { SignedCheckpoint } from '../../../src/audit/tree-store.ts';
import type { Tile } from '../../../src/audit/tree-tiles.ts';
import type { CredentialId, CredentialRecord } from '../../../src/credentials/credential.ts';
import type { CustomType, CustomTypeId } from '../../../src/credentials/custom-type.ts';
import type { Identifier } from '../../../src/dids/identifier.ts';
import type { Enrolment, EnrolmentId } from '../../../src/enrolments/enrolment.ts';
import type { Template, TemplateId } from '../../../src/enrolments/template.ts';
import type { Subscription, SubscriptionId } from '../../../src/events/subscription.ts';
import type { KeyRotation } from '../../../src/keys/key-rotation.ts';
import type { KeyId, SigningKey } from '../../../src/keys/signing-key.ts';
import type { ApiToken, TokenId } from '../../../src/organizations/api-token.ts';
import type { Organization, OrganizationId } from '../../../src/organizations/organization.ts';
import type { PublicDocument } from '../../../src/publication/public-document.ts';
import type { RememberedRequest, RequestId } from '../../../src/requests/remembered-request.ts';
import type { StatusEntry, StatusList, StatusListId } from '../../../src/status/status-list.ts';
import type { Exchange } from '../../../src/workloads/exchange-store.ts';
import type { WorkloadRule, WorkloadRuleId } from '../../../src/workloads/workload-rule.ts';
import { copyEstate, type EstateState, emptyEstate } from './estate-state.ts';
import type { LeasedDelivery } from './event-stores.ts';

/** A state that an agent took, in order of arrival. */
export interface AgentStateChange {
  readonly agentId: AgentId;
  readonly state: AgentState;
  readonly since: Date;
}

/** A suspension that is over. */
export interface EndedSuspension {
  readonly holder: string;
  readonly beganAt: Date;
  readonly endedAt: Date;
}

/** Everything that a database holds. The values never change; the maps do. */
export interface MemoryState {
  readonly organizations: Map<OrganizationId, Organization>;
  readonly tokens: Map<TokenId, ApiToken>;
  readonly workloadRules: Map<WorkloadRuleId, WorkloadRule>;
  /** By key. */
  readonly exchanges: Map<string, Exchange>;
  readonly agents: Map<AgentId, Agent>;
  readonly lints: Map<AgentId, AgentLint>;
  readonly keys: Map<KeyId, SigningKey>;
  readonly rotations: Map<AgentId, KeyRotation>;
  readonly dids: Map<string, Identifier>;
  readonly lists: Map<StatusListId, StatusList>;
  /** By holder. */
  readonly entries: Map<string, StatusEntry>;
  readonly credentials: Map<CredentialId, CredentialRecord>;
  readonly enrolments: Map<EnrolmentId, Enrolment>;
  readonly templates: Map<TemplateId, Template>;
  readonly customTypes: Map<CustomTypeId, CustomType>;
  /** All versions kept, by path and version. */
  readonly documents: Map<string, PublicDocument>;
  readonly requests: Map<RequestId, RememberedRequest>;
  readonly agentStates: AgentStateChange[];
  readonly endedSuspensions: EndedSuspension[];
  readonly estate: EstateState;
  readonly subscriptions: Map<SubscriptionId, Subscription>;
  /** By subscription and id. */
  readonly deliveries: Map<string, LeasedDelivery>;
  readonly audit: { readonly record: AuditRecord; readonly event: AuditEvent }[];
  /** By level and place. */
  readonly auditTiles: Map<string, Tile>;
  readonly auditCheckpoints: SignedCheckpoint[];
}

/** The state as a store sees it: the present one, or that of a transaction. */
export type StateSource = () => MemoryState;

export function emptyState(): MemoryState {
  return {
    organizations: new Map(),
    tokens: new Map(),
    workloadRules: new Map(),
    exchanges: new Map(),
    agents: new Map(),
    lints: new Map(),
    keys: new Map(),
    rotations: new Map(),
    dids: new Map(),
    lists: new Map(),
    entries: new Map(),
    credentials: new Map(),
    enrolments: new Map(),
    templates: new Map(),
    customTypes: new Map(),
    documents: new Map(),
    requests: new Map(),
    agentStates: [],
    endedSuspensions: [],
    estate: emptyEstate(),
    subscriptions: new Map(),
    deliveries: new Map(),
    audit: [],
    auditTiles: new Map(),
    auditCheckpoints: [],
  };
}

export function copyState(state: MemoryState): MemoryState {
  return {
    organizations: new Map(state.organizations),
    tokens: new Map(state.tokens),
    workloadRules: new Map(state.workloadRules),
    exchanges: new Map(state.exchanges),
    agents: new Map(state.agents),
    lints: new Map(state.lints),
    keys: new Map(state.keys),
    rotations: new Map(state.rotations),
    dids: new Map(state.dids),
    lists: new Map(state.lists),
    entries: new Map(state.entries),
    credentials: new Map(state.credentials),
    enrolments: new Map(state.enrolments),
    templates: new Map(state.templates),
    customTypes: new Map(state.customTypes),
    documents: new Map(state.documents),
    requests: new Map(state.requests),
    agentStates: [...state.agentStates],
    endedSuspensions: [...state.endedSuspensions],
    estate: copyEstate(state.estate),
    subscriptions: new Map(state.subscriptions),
    deliveries: new Map(state.deliveries),
    audit: [...state.audit],
    auditTiles: new Map(state.auditTiles),
    auditCheckpoints: [...state.auditCheckpoints],
  };
}

/** The first of each organization, then the second of each, and so on; else in the order given. */
export function byTurns<Row>(rows: readonly Row[], organizationOf: (row: Row) => string): Row[] {
  const counts = new Map<string, number>();
  const turns = rows.map((row) => {
    const turn = counts.get(organizationOf(row)) ?? 0;
    counts.set(organizationOf(row), turn + 1);
    return { row, turn };
  });
  return turns.sort((one, other) => one.turn - other.turn).map(({ row }) => row);
}

/** For sorting by identifiers: the order of their characters. */
export function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}
