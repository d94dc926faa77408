import type { Readers, Stores } from '../../../src/db/stores.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import type { UnitOfWork } from '../../../src/kernel/unit-of-work.ts';
import type { DocumentHome, PublicDocument } from '../../../src/publication/public-document.ts';
import { MemoryAccessReader } from './access-store.ts';
import { MemoryAgentReader, MemoryAgentStore } from './agent-store.ts';
import { MemoryAuditReader, MemoryAuditTrail } from './audit-store.ts';
import { MemoryAuditTreeReader, MemoryAuditTreeStore } from './audit-tree-store.ts';
import { MemoryCredentialReader, MemoryCredentialStore } from './credential-store.ts';
import { MemoryCustomTypeReader, MemoryCustomTypeStore } from './custom-type-store.ts';
import {
  MemoryEnrolmentReader,
  MemoryEnrolmentStore,
  MemoryTemplateReader,
  MemoryTemplateStore,
} from './enrolment-store.ts';
import { memoryEstateReaders, memoryEstateStores } from './estate-stores.ts';
import {
  MemoryDeliveryReader,
  MemoryDeliveryStore,
  MemoryOutbox,
  MemorySubscriptionReader,
  MemorySubscriptionStore,
} from './event-stores.ts';
import { MemoryDidReader, MemoryDidStore, MemoryKeyReader, MemoryKeyStore } from './key-store.ts';
import { copyState, emptyState, type MemoryState } from './memory-state.ts';
import {
  MemoryApiTokenReader,
  MemoryApiTokenStore,
  MemoryOrganizationReader,
  MemoryOrganizationStore,
} from './organization-store.ts';
import { MemoryPublicDocumentReader, MemoryPublicDocumentStore } from './public-document-store.ts';
import { MemoryRememberedRequestStore } from './remembered-request-store.ts';
import { MemoryRotationReader, MemoryRotationStore } from './rotation-store.ts';
import { MemoryStatusReader, MemoryStatusStore } from './status-store.ts';
import {
  MemoryExchangeReader,
  MemoryExchangeStore,
  MemoryWorkloadRuleReader,
  MemoryWorkloadRuleStore,
} from './workload-rule-store.ts';

export interface MemoryDatabaseDeps extends DocumentHome {
  readonly clock: Clock;
  readonly onPublished?: (documents: readonly PublicDocument[]) => void;
}

/**
 * The stores in memory, with the behaviour of the real ones: one transaction is one set of stores,
 * and what it wrote is there for others when it ends well, or never. Transactions run one by one.
 */
export class MemoryDatabase implements UnitOfWork<Stores> {
  readonly readers: Readers;
  readonly #deps: MemoryDatabaseDeps;
  #state: MemoryState = emptyState();
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: MemoryDatabaseDeps) {
    this.#deps = deps;
    this.readers = readersOn(() => this.#state, deps);
  }

  /** A backup: what is returned puts the state back as it is now. */
  backUp(): () => void {
    const backup = copyState(this.#state);
    return () => {
      this.#state = copyState(backup);
    };
  }

  run<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> {
    const attempt = (): Promise<Result> => this.#attempt(work);
    const running = this.#last.then(attempt, attempt);
    this.#last = running;
    return running;
  }

  async #attempt<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> {
    const state = copyState(this.#state);
    const published: PublicDocument[] = [];
    const result = await work(this.#storesOn(state, published));
    this.#state = state;
    if (published.length > 0) this.#deps.onPublished?.(published);
    return result;
  }

  #storesOn(state: MemoryState, published: PublicDocument[]): Stores {
    const source = (): MemoryState => state;
    return {
      organizations: new MemoryOrganizationStore(source),
      tokens: new MemoryApiTokenStore(source),
      workloadRules: new MemoryWorkloadRuleStore(source),
      exchanges: new MemoryExchangeStore(source),
      agents: new MemoryAgentStore(source),
      keys: new MemoryKeyStore(source),
      rotations: new MemoryRotationStore(source),
      dids: new MemoryDidStore(source),
      status: new MemoryStatusStore(source, this.#deps.clock),
      credentials: new MemoryCredentialStore(source),
      documents: new MemoryPublicDocumentStore(
        source,
        (news) => published.push(...news),
        this.#deps,
      ),
      requests: new MemoryRememberedRequestStore(source),
      enrolments: new MemoryEnrolmentStore(source),
      templates: new MemoryTemplateStore(source),
      customTypes: new MemoryCustomTypeStore(source),
      audit: new MemoryAuditTrail(source, this.#deps.clock),
      subscriptions: new MemorySubscriptionStore(source),
      deliveries: new MemoryDeliveryStore(source),
      outbox: new MemoryOutbox(source),
      auditTree: new MemoryAuditTreeStore(source),
      ...memoryEstateStores(source),
    };
  }
}

function readersOn(source: () => MemoryState, place: DocumentHome): Readers {
  return {
    organizations: new MemoryOrganizationReader(source),
    tokens: new MemoryApiTokenReader(source),
    workloadRules: new MemoryWorkloadRuleReader(source),
    exchanges: new MemoryExchangeReader(source),
    agents: new MemoryAgentReader(source),
    keys: new MemoryKeyReader(source),
    rotations: new MemoryRotationReader(source),
    dids: new MemoryDidReader(source),
    status: new MemoryStatusReader(source),
    credentials: new MemoryCredentialReader(source),
    documents: new MemoryPublicDocumentReader(source, place),
    enrolments: new MemoryEnrolmentReader(source),
    templates: new MemoryTemplateReader(source),
    customTypes: new MemoryCustomTypeReader(source),
    audit: new MemoryAuditReader(source),
    auditTree: new MemoryAuditTreeReader(source),
    access: new MemoryAccessReader(source),
    subscriptions: new MemorySubscriptionReader(source),
    deliveries: new MemoryDeliveryReader(source),
    outbox: new MemoryOutbox(source),
    ...memoryEstateReaders(source),
  };
}
