import type {
  AuditAction,
  AuditEvent,
  AuditRecord,
  EventId,
} from '../../../src/audit/audit-event.ts';
import type { AuditFilter, AuditReader, AuditTrail } from '../../../src/audit/audit-trail.ts';
import { checkLinked, genesisHash, linkRecord } from '../../../src/audit/hash-chain.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import { newId } from '../../../src/kernel/new-id.ts';
import type { PageRequest } from '../../../src/kernel/page.ts';
import type { StateSource } from './memory-state.ts';

export class MemoryAuditReader implements AuditReader {
  readonly #state: StateSource;

  constructor(state: StateSource) {
    this.#state = state;
  }

  async list(filter: AuditFilter, page: PageRequest): Promise<readonly AuditRecord[]> {
    const { audit } = this.#state();
    const start = audit.findIndex(({ record }) => record.id === page.after) + 1;
    return audit
      .slice(start)
      .filter((entry) => matches(entry, filter))
      .slice(0, page.limit)
      .map(({ record }) => record);
  }

  async find(organizationId: string, id: string): Promise<AuditRecord | null> {
    const found = this.#state().audit.find(({ record }) => record.id === id);
    return found?.record.organizationId === organizationId ? found.record : null;
  }

  async listAbout(
    subjects: readonly string[],
    action: AuditAction,
  ): Promise<readonly AuditRecord[]> {
    return this.#state()
      .audit.filter(({ event }) => event.action === action && subjects.includes(event.subject))
      .map(({ record }) => record);
  }

  async readAfter(after: number, limit: number): Promise<readonly AuditRecord[]> {
    return this.#state()
      .audit.map(({ record }) => record)
      .filter(({ sequence }) => sequence > after)
      .slice(0, limit);
  }
}

export class MemoryAuditTrail implements AuditTrail {
  readonly #state: StateSource;
  readonly #clock: Clock;

  constructor(state: StateSource, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  async append(events: readonly AuditEvent[]): Promise<void> {
    const { audit } = this.#state();
    const at = this.#clock.now();
    for (const event of events) {
      const head = audit.at(-1)?.record ?? { sequence: 0, hash: genesisHash };
      audit.push({ record: linkRecord(head, { id: newId<EventId>('evt', at), at, event }), event });
    }
  }

  async reinsert(records: readonly AuditRecord[]): Promise<void> {
    const { audit } = this.#state();
    checkLinked(audit.at(-1)?.record ?? { sequence: 0, hash: genesisHash }, records);
    audit.push(...records.map((record) => ({ record, event: JSON.parse(record.body) })));
  }
}

function matches(
  entry: { readonly record: AuditRecord; readonly event: AuditEvent },
  filter: AuditFilter,
): boolean {
  const { record, event } = entry;
  const { organizationId, action, subject, actor, requestId, since, until } = filter;
  return (
    event.organizationId === organizationId &&
    (action === undefined || event.action === action) &&
    (subject === undefined || event.subject === subject) &&
    (actor === undefined || record.actor === actor) &&
    (requestId === undefined || record.requestId === requestId) &&
    (since === undefined || record.at >= since) &&
    (until === undefined || record.at < until)
  );
}
