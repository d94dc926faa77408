import { setTimeout as delay } from 'node:timers/promises';
import type { AuditRecord } from '../audit/audit-event.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { DocumentHome, PublicDocument } from '../publication/public-document.ts';
import { PostgresAgentStore } from './agent-store.ts';
import { PostgresApiTokenStore } from './api-token-store.ts';
import { type AppendHearer, PostgresAuditTrail } from './audit-store.ts';
import { PostgresAuditTreeStore } from './audit-tree-store.ts';
import type { Connection } from './client.ts';
import { PostgresCredentialStore } from './credential-store.ts';
import { PostgresCustomTypeStore } from './custom-type-store.ts';
import { isConflict, translateError } from './database-error.ts';
import { PostgresDeliveryStore } from './delivery-store.ts';
import { PostgresDidStore } from './did-store.ts';
import { PostgresEnrolmentStore } from './enrolment-store.ts';
import { estateStoresOn } from './estate-stores.ts';
import { PostgresExchangeStore } from './exchange-store.ts';
import type { PrismaClient } from './generated/client.ts';
import { PostgresKeyStore } from './key-store.ts';
import { PostgresOrganizationStore } from './organization-store.ts';
import { PostgresOutbox } from './outbox.ts';
import { PostgresPublicDocumentStore } from './public-document-store.ts';
import { PostgresRememberedRequestStore } from './remembered-request-store.ts';
import { PostgresRotationStore } from './rotation-store.ts';
import { PostgresStatusStore } from './status-store.ts';
import type { Stores } from './stores.ts';
import { PostgresSubscriptionStore } from './subscription-store.ts';
import { PostgresTemplateStore } from './template-store.ts';
import { PostgresWorkloadRuleStore } from './workload-rule-store.ts';

const maxRetries = 5;
const longestPauseMs = 50;
/** A transaction waits this long for a free connection, and may then take this long. */
const patience = { maxWait: 10_000, timeout: 30_000 };

/** The second place of audit records. Each method throws `audit-unavailable`. */
export interface RecordKeeper {
  /** Refuses any work while the database lacks records that are in the second place. */
  checkDatabase(): void;
  /** Refuses work that would be audited while nothing can be kept. */
  checkOpen(): void;
  /** Resolves when these committed records are kept. */
  keep(records: readonly AuditRecord[]): Promise<void>;
}

/** What transactions run on, by which clock they are audited, and who hears of their documents. */
export interface UnitOfWorkDeps extends DocumentHome {
  readonly client: PrismaClient;
  readonly clock: Clock;
  /** Hears what a transaction published, once it is durable. */
  readonly onPublished: (documents: readonly PublicDocument[]) => void;
  /** Takes audit records to a second place before the work that made them is acknowledged. */
  readonly journal?: RecordKeeper;
  /** Hears what a transaction published of which nobody knows whether it became durable. */
  readonly onDoubtful?: (documents: readonly PublicDocument[]) => void;
}

/** Hears what a transaction does before it is known how it ends. */
type WorkHearer = AppendHearer & Pick<UnitOfWorkDeps, 'onPublished'>;

type Ending<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: unknown; readonly isDoubtful: boolean };

/**
 * One transaction is one set of stores, at READ COMMITTED. Work that loses a deadlock, a
 * serialization or a race for a number is run again up to five times, then ends in
 * `conflict-retry`; a database that cannot be reached ends it in `storage-unavailable`, a second place
 * of the audit trail that cannot in `audit-unavailable`, and whether the work became durable is then
 * unknown.
 */
export class PostgresUnitOfWork implements UnitOfWork<Stores> {
  readonly #deps: UnitOfWorkDeps;

  constructor(deps: UnitOfWorkDeps) {
    this.#deps = deps;
  }

  async run<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> {
    this.#deps.journal?.checkDatabase();
    for (let retries = 0; ; retries += 1) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        if (!isConflict(error)) throw translateError(error);
        if (retries === maxRetries) throw conflict(error);
      }
      await delay(Math.random() * longestPauseMs * (retries + 1));
    }
  }

  async #attempt<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> {
    const published: PublicDocument[] = [];
    const appended: AuditRecord[] = [];
    const ended = await this.#transact((db) =>
      work(
        this.#storesOn(db, {
          onPublished: (documents) => published.push(...documents),
          beforeAppend: () => this.#deps.journal?.checkOpen(),
          onAppended: (records) => appended.push(...records),
        }),
      ),
    );
    if (published.length > 0) {
      if (ended.ok) this.#deps.onPublished(published);
      else if (ended.isDoubtful) this.#deps.onDoubtful?.(published);
    }
    if (!ended.ok) throw ended.error;
    await this.#deps.journal?.keep(appended);
    return ended.result;
  }

  /** How a transaction ended; one that fails once its work is done may have been committed. */
  async #transact<Result>(work: (db: Connection) => Promise<Result>): Promise<Ending<Result>> {
    let isDoubtful = false;
    try {
      const result = await this.#deps.client.$transaction(
        async (db) => {
          const done = await work(db);
          isDoubtful = true;
          return done;
        },
        { isolationLevel: 'ReadCommitted', ...patience },
      );
      return { ok: true, result };
    } catch (error) {
      return { ok: false, error, isDoubtful };
    }
  }

  #storesOn(db: Connection, hearer: WorkHearer): Stores {
    return {
      organizations: new PostgresOrganizationStore(db),
      tokens: new PostgresApiTokenStore(db),
      workloadRules: new PostgresWorkloadRuleStore(db),
      exchanges: new PostgresExchangeStore(db),
      agents: new PostgresAgentStore(db),
      keys: new PostgresKeyStore(db),
      rotations: new PostgresRotationStore(db),
      dids: new PostgresDidStore(db),
      status: new PostgresStatusStore(db, this.#deps.clock),
      credentials: new PostgresCredentialStore(db),
      documents: new PostgresPublicDocumentStore(db, hearer.onPublished, this.#deps),
      requests: new PostgresRememberedRequestStore(db),
      enrolments: new PostgresEnrolmentStore(db),
      templates: new PostgresTemplateStore(db),
      customTypes: new PostgresCustomTypeStore(db),
      audit: new PostgresAuditTrail(db, this.#deps.clock, hearer),
      subscriptions: new PostgresSubscriptionStore(db),
      deliveries: new PostgresDeliveryStore(db),
      outbox: new PostgresOutbox(db),
      auditTree: new PostgresAuditTreeStore(db),
      ...estateStoresOn(db),
    };
  }
}

function conflict(cause: unknown): SealwrightError {
  return new SealwrightError(
    'conflict-retry',
    'Others changed the same things at the same time. Try again.',
    { cause },
  );
}
