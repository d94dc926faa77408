import type { AgentReader, AgentStore } from '../agents/agent-store.ts';
import type { AuditReader, AuditTrail } from '../audit/audit-trail.ts';
import type { AuditTreeReader, AuditTreeStore } from '../audit/tree-store.ts';
import type { AccessReader } from '../credentials/access-store.ts';
import type { CredentialReader, CredentialStore } from '../credentials/credential-store.ts';
import type { CustomTypeReader, CustomTypeStore } from '../credentials/custom-type-store.ts';
import type { DidReader, DidStore } from '../dids/did-store.ts';
import type { EnrolmentReader, EnrolmentStore } from '../enrolments/enrolment-store.ts';
import type { TemplateReader, TemplateStore } from '../enrolments/template-store.ts';
import type { EstateReaders, EstateStores } from '../estate/estate-store.ts';
import type { DeliveryReader, DeliveryStore } from '../events/delivery-store.ts';
import type { Outbox } from '../events/outbox.ts';
import type { SubscriptionReader, SubscriptionStore } from '../events/subscription-store.ts';
import type { KeyReader, KeyStore } from '../keys/key-store.ts';
import type { RotationReader, RotationStore } from '../keys/rotation-store.ts';
import type { ApiTokenReader, ApiTokenStore } from '../organizations/api-token-store.ts';
import type { OrganizationReader, OrganizationStore } from '../organizations/organization-store.ts';
import type {
  PublicDocumentReader,
  PublicDocumentStore,
} from '../publication/public-document-store.ts';
import type { RememberedRequestStore } from '../requests/remembered-request-store.ts';
import type { StatusReader, StatusStore } from '../status/status-store.ts';
import type { ExchangeReader, ExchangeStore } from '../workloads/exchange-store.ts';
import type { WorkloadRuleReader, WorkloadRuleStore } from '../workloads/workload-rule-store.ts';

/** Everything a unit of work may read and write. */
export interface Stores extends EstateStores {
  readonly organizations: OrganizationStore;
  readonly tokens: ApiTokenStore;
  readonly workloadRules: WorkloadRuleStore;
  readonly exchanges: ExchangeStore;
  readonly agents: AgentStore;
  readonly keys: KeyStore;
  readonly rotations: RotationStore;
  readonly dids: DidStore;
  readonly status: StatusStore;
  readonly credentials: CredentialStore;
  readonly documents: PublicDocumentStore;
  readonly requests: RememberedRequestStore;
  readonly enrolments: EnrolmentStore;
  readonly templates: TemplateStore;
  readonly customTypes: CustomTypeStore;
  readonly audit: AuditTrail;
  readonly subscriptions: SubscriptionStore;
  readonly deliveries: DeliveryStore;
  readonly outbox: Outbox;
  readonly auditTree: AuditTreeStore;
}

/** What may be read outside a unit of work. These objects have no method that writes. */
export interface Readers extends EstateReaders {
  readonly organizations: OrganizationReader;
  readonly tokens: ApiTokenReader;
  readonly workloadRules: WorkloadRuleReader;
  readonly exchanges: ExchangeReader;
  readonly agents: AgentReader;
  readonly keys: KeyReader;
  readonly rotations: RotationReader;
  readonly dids: DidReader;
  readonly status: StatusReader;
  readonly credentials: CredentialReader;
  readonly documents: PublicDocumentReader;
  readonly enrolments: EnrolmentReader;
  readonly templates: TemplateReader;
  readonly customTypes: CustomTypeReader;
  readonly audit: AuditReader;
  readonly auditTree: AuditTreeReader;
  readonly access: AccessReader;
  readonly subscriptions: SubscriptionReader;
  readonly deliveries: DeliveryReader;
  readonly outbox: Outbox;
}
