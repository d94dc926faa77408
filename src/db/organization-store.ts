import type { PageRequest } from '../kernel/page.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type {
  Organization,
  OrganizationId,
  OrganizationStanding,
} from '../organizations/organization.ts';
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

  async listPage({ limit, after }: PageRequest): Promise<readonly Organization[]> {
    const rows = await this.db.organization.findMany({
      where: {
        standing: { not: 'former' },
        ...(after === undefined ? {} : { id: { gt: after } }),
      },
      orderBy: { id: 'asc' },
      take: limit,
    });
    return rows.map(toOrganization);
  }
}

/** Inserts and changes organizations; of two at one base URL the second is `base-url-taken`. */
export class PostgresOrganizationStore
  extends PostgresOrganizationReader
  implements OrganizationStore
{
  async insert(organization: Organization): Promise<void> {
    await refuseDuplicate(
      this.db.organization.create({ data: organization, select: { id: true } }),
      () => new SealwrightError('base-url-taken', 'There is an organization at this base URL.'),
    );
  }

  async changeStanding(id: OrganizationId, standing: OrganizationStanding): Promise<void> {
    await this.db.organization.updateMany({ where: { id }, data: { standing } });
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
  return {
    ...row,
    id: row.id as OrganizationId,
    did: row.did as Did,
    standing: row.standing as OrganizationStanding,
  };
}
