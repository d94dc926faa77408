import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Organization, OrganizationId } from '../organizations/organization.ts';
import type { OrganizationReader, OrganizationStore } from '../organizations/organization-store.ts';
import type { Did } from '../protocol/did-web.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import type { Organization as Row } from './generated/client.ts';

/** Organizations, oldest first: their ids grow with time. */
export class PostgresOrganizationReader implements OrganizationReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async find(id: OrganizationId): Promise<Organization | null> {
    const row = await this.db.organization.findUnique({ where: { id } });
    return row === null ? null : toOrganization(row);
  }

  async list(): Promise<readonly Organization[]> {
    const rows = await this.db.organization.findMany({ orderBy: { id: 'asc' } });
    return rows.map(toOrganization);
  }
}

/** Inserts and describes organizations; of two at one base URL the second is `invalid-input`. */
export class PostgresOrganizationStore
  extends PostgresOrganizationReader
  implements OrganizationStore
{
  async insert(organization: Organization): Promise<void> {
    await refuseDuplicate(
      this.db.organization.create({ data: organization, select: { id: true } }),
      () => new SealwrightError('invalid-input', 'There is an organization at this base URL.'),
    );
  }

  async describe(
    id: OrganizationId,
    { name, contact }: Parameters<OrganizationStore['describe']>[1],
  ): Promise<Organization | null> {
    const [row] = await this.db.organization.updateManyAndReturn({
      where: { id },
      data: {
        ...(name === undefined ? {} : { name }),
        ...(contact === undefined ? {} : { contact }),
      },
    });
    return row === undefined ? null : toOrganization(row);
  }
}

function toOrganization(row: Row): Organization {
  return { ...row, id: row.id as OrganizationId, did: row.did as Did };
}
