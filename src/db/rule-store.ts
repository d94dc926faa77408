import type { EstateRule, RuleCondition, RuleId, RuleRequirement } from '../estate/rule.ts';
import type { RuleReader, RuleStore } from '../estate/rule-store.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import type { EstateRule as Row } from './generated/client.ts';

/** Rules, with what they say as JSON. */
export class PostgresRuleReader implements RuleReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async listRules(organizationIds: readonly OrganizationId[]): Promise<readonly EstateRule[]> {
    const rows = await this.db.estateRule.findMany({
      where: { organizationId: { in: [...organizationIds] } },
      orderBy: { id: 'asc' },
    });
    return rows.map(toRule);
  }

  async findRule(organizationId: OrganizationId, id: RuleId): Promise<EstateRule | null> {
    const row = await this.db.estateRule.findFirst({ where: { organizationId, id } });
    return row === null ? null : toRule(row);
  }
}

/** A name is used once in an organization. */
export class PostgresRuleStore extends PostgresRuleReader implements RuleStore {
  async putRule(rule: EstateRule): Promise<void> {
    const { id, condition, requirement, ...rest } = rule;
    const said = {
      condition: JSON.stringify(condition),
      requirement: JSON.stringify(requirement),
    };
    const data = { ...rest, ...said };
    await refuseDuplicate(
      this.db.estateRule.upsert({ where: { id }, create: { id, ...data }, update: data }),
      () => new SealwrightError('rule-name-taken', `There is a rule called ${rule.name} already.`),
    );
  }

  async deleteRule(id: RuleId): Promise<void> {
    await this.db.estateRule.deleteMany({ where: { id } });
  }
}

function toRule(row: Row): EstateRule {
  return {
    ...row,
    id: row.id as RuleId,
    organizationId: row.organizationId as OrganizationId,
    condition: JSON.parse(row.condition) as RuleCondition,
    requirement: JSON.parse(row.requirement) as RuleRequirement,
  };
}
