import type { DepartedOwner } from '../estate/departed-owner.ts';
import type { OwnerReader, OwnerStore } from '../estate/owner-store.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Connection } from './client.ts';

/** Mailboxes whose person left. */
export class PostgresOwnerReader implements OwnerReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async listDeparted(organizationId: OrganizationId): Promise<readonly DepartedOwner[]> {
    const rows = await this.db.departedOwner.findMany({
      where: { organizationId },
      orderBy: { owner: 'asc' },
    });
    return rows.map(({ owner, reason, departedAt }) => ({ owner, reason, departedAt }));
  }
}

/** Of two entries for one mailbox the first stays. */
export class PostgresOwnerStore extends PostgresOwnerReader implements OwnerStore {
  async insertDeparted(organizationId: OrganizationId, departed: DepartedOwner): Promise<boolean> {
    const { count } = await this.db.departedOwner.createMany({
      data: [{ organizationId, ...departed }],
      skipDuplicates: true,
    });
    return count === 1;
  }

  async deleteDeparted(organizationId: OrganizationId, owner: string): Promise<boolean> {
    const { count } = await this.db.departedOwner.deleteMany({ where: { organizationId, owner } });
    return count === 1;
  }
}
