import type { AuditRecord } from '../audit/audit-event.ts';
import type { Outbox } from '../events/outbox.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import { toAuditRecord } from './audit-store.ts';
import type { Connection } from './client.ts';

/** Reads the audit trail by organization, in the order of the chain. */
export class PostgresOutbox implements Outbox {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  async head(): Promise<number> {
    const head = await this.#db.auditHead.findUnique({ where: { id: 1 } });
    return Number(head?.sequence ?? 0);
  }

  async readAfter(
    organizationId: OrganizationId,
    sequence: number,
    limit: number,
  ): Promise<readonly AuditRecord[]> {
    const rows = await this.#db.auditRecord.findMany({
      where: { organizationId, sequence: { gt: sequence } },
      orderBy: { sequence: 'asc' },
      take: limit,
    });
    return rows.map(toAuditRecord);
  }
}
