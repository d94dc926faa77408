import type { DocumentHome } from '../publication/public-document.ts';
import { PostgresAccessReader } from './access-store.ts';
import { PostgresAgentReader } from './agent-store.ts';
import { PostgresApiTokenReader } from './api-token-store.ts';
import { PostgresAuditReader } from './audit-store.ts';
import { PostgresAuditTreeReader } from './audit-tree-store.ts';
import type { Connection } from './client.ts';
import { PostgresCredentialReader } from './credential-store.ts';
import { PostgresCustomTypeReader } from './custom-type-store.ts';
import { translateError } from './database-error.ts';
import { PostgresDeliveryReader } from './delivery-store.ts';
import { PostgresDidReader } from './did-store.ts';
import { PostgresEnrolmentReader } from './enrolment-store.ts';
import { estateReadersOn } from './estate-stores.ts';
import { PostgresExchangeReader } from './exchange-store.ts';
import { PostgresKeyReader } from './key-store.ts';
import { PostgresOrganizationReader } from './organization-store.ts';
import { PostgresOutbox } from './outbox.ts';
import { PostgresPublicDocumentReader } from './public-document-store.ts';
import { PostgresRotationReader } from './rotation-store.ts';
import { PostgresStatusReader } from './status-store.ts';
import type { Readers } from './stores.ts';
import { PostgresSubscriptionReader } from './subscription-store.ts';
import { PostgresTemplateReader } from './template-store.ts';
import { PostgresWorkloadRuleReader } from './workload-rule-store.ts';

/** Readers for use outside a unit of work; a lost database is `storage-unavailable`. */
export function createReaders(db: Connection, place: DocumentHome = {}): Readers {
  const estate = estateReadersOn(db);
  return {
    organizations: translating(new PostgresOrganizationReader(db)),
    tokens: translating(new PostgresApiTokenReader(db)),
    workloadRules: translating(new PostgresWorkloadRuleReader(db)),
    exchanges: translating(new PostgresExchangeReader(db)),
    agents: translating(new PostgresAgentReader(db)),
    keys: translating(new PostgresKeyReader(db)),
    rotations: translating(new PostgresRotationReader(db)),
    dids: translating(new PostgresDidReader(db)),
    status: translating(new PostgresStatusReader(db)),
    credentials: translating(new PostgresCredentialReader(db)),
    documents: translating(new PostgresPublicDocumentReader(db, place)),
    enrolments: translating(new PostgresEnrolmentReader(db)),
    templates: translating(new PostgresTemplateReader(db)),
    customTypes: translating(new PostgresCustomTypeReader(db)),
    audit: translating(new PostgresAuditReader(db)),
    auditTree: translating(new PostgresAuditTreeReader(db)),
    access: translating(new PostgresAccessReader(db)),
    subscriptions: translating(new PostgresSubscriptionReader(db)),
    deliveries: translating(new PostgresDeliveryReader(db)),
    outbox: translating(new PostgresOutbox(db)),
    owners: translating(estate.owners),
    imports: translating(estate.imports),
    rules: translating(estate.rules),
    findings: translating(estate.findings),
    sightings: translating(estate.sightings),
    inventory: translating(estate.inventory),
  };
}

/** The same reader, with the errors of its methods translated. */
function translating<Reader extends object>(reader: Reader): Reader {
  return new Proxy(reader, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...input: unknown[]) => {
        try {
          return await member.apply(target, input);
        } catch (error) {
          throw translateError(error);
        }
      };
    },
  });
}
