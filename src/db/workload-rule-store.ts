import type { TokenScope } from '../organizations/api-token.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type {
  ClaimDemands,
  WorkloadKind,
  WorkloadRule,
  WorkloadRuleId,
} from '../workloads/workload-rule.ts';
import type {
  IssuerName,
  WorkloadRuleReader,
  WorkloadRuleStore,
} from '../workloads/workload-rule-store.ts';
import type { Connection } from './client.ts';
import type { WorkloadRule as Row } from './generated/client.ts';

/** Rules; what they demand of claims is kept as text. */
export class PostgresWorkloadRuleReader implements WorkloadRuleReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async list(organizationId: OrganizationId): Promise<readonly WorkloadRule[]> {
    const rows = await this.db.workloadRule.findMany({
      where: { organizationId },
      orderBy: { id: 'asc' },
    });
    return rows.map(toWorkloadRule);
  }

  async listByIssuers(issuers: readonly IssuerName[]): Promise<readonly WorkloadRule[]> {
    const rows = await this.db.workloadRule.findMany({
      where: { OR: issuers.map(({ kind, issuer }) => ({ kind, issuer })) },
      orderBy: { id: 'asc' },
    });
    return rows.map(toWorkloadRule);
  }
}

/** Inserts, uses and removes rules. */
export class PostgresWorkloadRuleStore
  extends PostgresWorkloadRuleReader
  implements WorkloadRuleStore
{
  async insert({ claims, grants, ...rule }: WorkloadRule): Promise<void> {
    const { scopes, team, agent } = grants;
    const data = { ...rule, claims: JSON.stringify(claims), scopes: [...scopes], team, agent };
    await this.db.workloadRule.create({ data, select: { id: true } });
  }

  async remove(organizationId: OrganizationId, id: WorkloadRuleId): Promise<WorkloadRule | null> {
    const [row] = await this.db.$queryRaw<{ readonly id: string }[]>`
      SELECT id FROM workload_rules
       WHERE id = ${id} AND organization_id = ${organizationId} FOR UPDATE`;
    if (row === undefined) return null;
    return toWorkloadRule(await this.db.workloadRule.delete({ where: { id: row.id } }));
  }

  async use(id: WorkloadRuleId, at: Date): Promise<boolean> {
    const used = await this.db.workloadRule.updateMany({
      where: { id },
      data: { lastUsedAt: at },
    });
    return used.count === 1;
  }
}

function toWorkloadRule(row: Row): WorkloadRule {
  const { scopes, team, agent, ...rule } = row;
  return {
    ...rule,
    id: row.id as WorkloadRuleId,
    organizationId: row.organizationId as OrganizationId,
    kind: row.kind as WorkloadKind,
    claims: JSON.parse(row.claims) as ClaimDemands,
    grants: { scopes: scopes as TokenScope[], team, agent },
  };
}
