import type { CustomType, CustomTypeId, CustomTypeName } from '../credentials/custom-type.ts';
import type { CustomTypeReader, CustomTypeStore } from '../credentials/custom-type-store.ts';
import type { PageRequest } from '../kernel/page.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import { Prisma, type CustomType as Row } from './generated/client.ts';

const columns = Prisma.sql`
  t.id, t.organization_id AS "organizationId", t.name, t.version,
  t.credential_type AS "credentialType", t.description, t.schema, t.url, t.document,
  t.created_at AS "createdAt"`;

/** Credential types by name and version. */
export class PostgresCustomTypeReader implements CustomTypeReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async find(
    organizationId: OrganizationId,
    name: string,
    version: number,
  ): Promise<CustomType | null> {
    const key = { organizationId, name, version };
    const row = await this.db.customType.findUnique({
      where: { organizationId_name_version: key },
    });
    return row === null ? null : toCustomType(row);
  }

  async findNewest(
    organizationId: OrganizationId,
    names: readonly string[],
  ): Promise<readonly CustomType[]> {
    const rows = await this.db.$queryRaw<Row[]>`
      SELECT DISTINCT ON (t.name) ${columns} FROM custom_types t
       WHERE t.organization_id = ${organizationId} AND t.name = ANY(${[...names]}::text[])
       ORDER BY t.name, t.version DESC`;
    return rows.map(toCustomType);
  }

  async listVersions(organizationId: OrganizationId, name: string): Promise<readonly CustomType[]> {
    const rows = await this.db.customType.findMany({
      where: { organizationId, name },
      orderBy: { version: 'desc' },
    });
    return rows.map(toCustomType);
  }

  async list(organizationId: OrganizationId, page: PageRequest): Promise<readonly CustomType[]> {
    const rows = await this.db.$queryRaw<Row[]>`
      SELECT ${columns} FROM custom_types t
       WHERE t.organization_id = ${organizationId} AND t.id > ${page.after ?? ''}
         AND NOT EXISTS (
           SELECT FROM custom_types n
            WHERE n.organization_id = t.organization_id AND n.name = t.name
              AND n.version > t.version)
       ORDER BY t.id LIMIT ${page.limit}`;
    return rows.map(toCustomType);
  }
}

/** A version that two callers count at the same time is counted again by the later one. */
export class PostgresCustomTypeStore extends PostgresCustomTypeReader implements CustomTypeStore {
  async insert(type: CustomType): Promise<void> {
    const { schema, document, ...plain } = type;
    await refuseDuplicate(
      this.db.customType.create({
        data: { ...plain, schema: JSON.stringify(schema), document: JSON.stringify(document) },
        select: { id: true },
      }),
      () => new SealwrightError('conflict-retry', 'This version was registered meanwhile.'),
    );
  }
}

function toCustomType(row: Row): CustomType {
  return {
    ...row,
    id: row.id as CustomTypeId,
    organizationId: row.organizationId as OrganizationId,
    name: row.name as CustomTypeName,
    schema: JSON.parse(row.schema) as JsonObject,
    document: JSON.parse(row.document) as JsonObject,
  };
}
