import type { Agent, AgentId } from '../agents/agent.ts';
import type { AgentStore } from '../agents/agent-store.ts';
import type { Actor } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Credential, CredentialRecord } from '../credentials/credential.ts';
import type { CredentialSchemas } from '../credentials/credential-schemas.ts';
import type { CredentialStore } from '../credentials/credential-store.ts';
import type { CustomTypeReader } from '../credentials/custom-type-store.ts';
import type { FacetDraft } from '../credentials/facet-draft.ts';
import type { IdentityStores } from '../dids/identity-provider.ts';
import type { EnrolmentStore } from '../enrolments/enrolment-store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Issuer, IssuerDirectory } from '../keys/issuer.ts';
import type { RotationStore } from '../keys/rotation-store.ts';
import type { Signer } from '../keys/signer.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { ClientMetadataJson } from '../protocol/client-metadata.ts';
import type { PublicDocumentStore } from '../publication/public-document-store.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { StatusPublisher } from '../status/status-publisher.ts';
import type { StatusStore } from '../status/status-store.ts';

/** The stores that a change of papers writes to, all in one transaction. */
export interface PapersStores extends IdentityStores {
  readonly rotations: RotationStore;
  readonly agents: AgentStore;
  readonly credentials: CredentialStore;
  readonly customTypes: CustomTypeReader;
  readonly status: StatusStore;
  readonly documents: PublicDocumentStore;
  readonly enrolments: EnrolmentStore;
  readonly audit: AuditTrail;
}

/** Everything that papers are planned, signed and published with. */
export interface PapersDeps {
  readonly work: UnitOfWork<PapersStores>;
  readonly issuers: IssuerDirectory;
  readonly signer: Signer;
  readonly schemas: CredentialSchemas;
  readonly lists: StatusPublisher;
  readonly pages: AgentPages;
  readonly clock: Clock;
  /** Whether the installation is a development one on loopback. */
  readonly loopback: boolean;
  /** How many entries a status list gets that is opened from now on; the least unless given. */
  readonly statusListSize?: number;
}

/** What the page for people shows; it never holds the owners' names. */
export interface AgentPageFacts {
  readonly issuer: Issuer;
  readonly agent: Agent;
  readonly passport: CredentialRecord | null;
  readonly facets: readonly CredentialRecord[];
}

/** Renders the pages that an agent's visitors see, as complete HTML documents. */
export interface AgentPages {
  renderAgent(facts: AgentPageFacts): string;
  renderCallback(): string;
}

/** A change that was made but is not yet durable. */
export interface BegunChange {
  readonly agent: Agent;
  /** Whether the change takes something away: the former passport is then revoked. */
  readonly narrows: boolean;
  /** Lists whose states changed and which are to be published once the papers are. */
  readonly changedLists: readonly StatusListId[];
}

/**
 * One change of an agent that its papers must follow. `begin` makes the change itself, in the
 * transaction that also records what will be signed. It may run more than once.
 */
export interface PapersOrder {
  /** null when `begin` creates the agent. */
  readonly agentId: AgentId | null;
  readonly actor: Actor;
  readonly reason: string;
  readonly begin: (stores: PapersStores, agent: Agent | null, at: Date) => Promise<BegunChange>;
  /** Facets to issue along with the new passport. */
  readonly facets: readonly FacetDraft[];
  /**
   * Whether the change is refused when the client document would outgrow its budget. A change that
   * takes something away is not: the passport then leaves the scopes out.
   */
  readonly isRefusable: boolean;
}

/** What an agent's strict document is made of. */
export interface StrictPapers {
  /** The agent as its strict document has it. */
  readonly agent: Agent;
  readonly core: ClientMetadataJson;
  readonly passport: CredentialRecord;
}

/** What one agent gets signed in a batch, recorded before the first signature. */
export interface PlannedPapers {
  readonly issuer: Issuer;
  /** The orders of the batch that concern this agent, in order of arrival. */
  readonly orders: readonly PapersOrder[];
  /** As of the recorded revision. */
  readonly agent: Agent;
  readonly keys: readonly SigningKey[];
  readonly core: ClientMetadataJson;
  readonly passport: CredentialRecord;
  /** null for an agent without a strict document. */
  readonly strict: StrictPapers | null;
  /** Those of the orders, in the order of their arrival. */
  readonly newFacets: readonly CredentialRecord[];
  /** Sealed facets in force before this batch, but for those whose renewal is in force too. */
  readonly heldFacets: readonly Credential[];
  /** Passports that may still be in someone's cache. */
  readonly formerPassports: readonly Credential[];
  readonly narrows: boolean;
  /** Lists that the orders changed already. */
  readonly changedLists: readonly StatusListId[];
}

/** A change that is durable, published, and shown by the status lists where it narrowed. */
export interface IssuedPapers {
  readonly agent: Agent;
  readonly passport: Credential;
  /** The passport of the strict document, where there is one. */
  readonly strictPassport: Credential | null;
  /** The facets that were asked for, in the same order. */
  readonly facets: readonly Credential[];
  /** When the status lists that show a narrowing were published. */
  readonly listsPublishedAt: Date | null;
}
