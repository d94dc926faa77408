import type { AgentId } from '../agents/agent.ts';
import type { ImportReader, ImportStore } from '../estate/import-store.ts';
import type {
  ImportedCredential,
  ImportId,
  ImportState,
  OutsideFinding,
  TrustedIssuer,
} from '../estate/imported-credential.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { Connection } from './client.ts';
import type { ImportedCredential as Row } from './generated/client.ts';

/** Outside credentials, with the octets as they came. */
export class PostgresImportReader implements ImportReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async listTrusted(organizationId: OrganizationId): Promise<readonly TrustedIssuer[]> {
    const rows = await this.db.trustedIssuer.findMany({
      where: { organizationId },
      orderBy: { issuer: 'asc' },
    });
    return rows.map(({ issuer, credentialTypes, createdAt }) => ({
      ...{ issuer, credentialTypes, createdAt },
    }));
  }

  async findImport(
    organizationId: OrganizationId,
    id: ImportId,
  ): Promise<ImportedCredential | null> {
    const row = await this.db.importedCredential.findFirst({ where: { organizationId, id } });
    return row === null ? null : toImport(row);
  }

  async listImports(agentIds: readonly AgentId[]): Promise<readonly ImportedCredential[]> {
    const rows = await this.db.importedCredential.findMany({
      where: { agentId: { in: [...agentIds] } },
      orderBy: { id: 'asc' },
    });
    return rows.map(toImport);
  }

  async listUnchecked(
    order: { readonly before: Date; readonly at: Date },
    limit: number,
  ): Promise<readonly ImportedCredential[]> {
    const rows = await this.db.importedCredential.findMany({
      where: { checkedAt: { lt: order.before }, validUntil: { gt: order.at } },
      orderBy: [{ checkedAt: 'asc' }, { id: 'asc' }],
      take: limit,
    });
    return rows.map(toImport);
  }
}

/** The same octets are kept once for an agent, by their digest. */
export class PostgresImportStore extends PostgresImportReader implements ImportStore {
  async putTrusted(organizationId: OrganizationId, trusted: TrustedIssuer): Promise<void> {
    const { issuer, createdAt } = trusted;
    const credentialTypes = [...trusted.credentialTypes];
    await this.db.trustedIssuer.upsert({
      where: { organizationId_issuer: { organizationId, issuer } },
      create: { organizationId, issuer, credentialTypes, createdAt },
      update: { credentialTypes },
    });
  }

  async deleteTrusted(organizationId: OrganizationId, issuer: string): Promise<boolean> {
    const { count } = await this.db.trustedIssuer.deleteMany({
      where: { organizationId, issuer },
    });
    return count === 1;
  }

  async insertImport(imported: ImportedCredential): Promise<boolean> {
    const { types, claims, ...rest } = imported;
    const { count } = await this.db.importedCredential.createMany({
      data: [{ ...rest, types: [...types], claims: JSON.stringify(claims) }],
      skipDuplicates: true,
    });
    return count === 1;
  }

  async deleteImport(id: ImportId): Promise<void> {
    await this.db.importedCredential.deleteMany({ where: { id } });
  }

  async recordCheck(id: ImportId, found: OutsideFinding & { readonly at: Date }): Promise<void> {
    const { state, cause, at } = found;
    await this.db.importedCredential.updateMany({
      where: { id },
      data: { state, cause, checkedAt: at },
    });
  }

  async rejectFrom(
    organizationId: OrganizationId,
    order: { readonly issuer: string; readonly cause: string; readonly at: Date },
  ): Promise<readonly ImportedCredential[]> {
    const { issuer, cause, at } = order;
    const rows = await this.db.importedCredential.updateManyAndReturn({
      where: { organizationId, issuer, state: { not: 'rejected' } },
      data: { state: 'rejected', cause, checkedAt: at },
    });
    return rows.map(toImport);
  }
}

function toImport(row: Row): ImportedCredential {
  return {
    ...row,
    id: row.id as ImportId,
    organizationId: row.organizationId as OrganizationId,
    agentId: row.agentId as AgentId,
    claims: JSON.parse(row.claims) as JsonObject,
    state: row.state as ImportState,
  };
}
