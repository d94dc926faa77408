import type { AgentId } from '../agents/agent.ts';
import type { EstateFinding, FindingCount, FindingId, FindingState } from '../estate/finding.ts';
import type { FindingFilter, FindingReader, FindingStore } from '../estate/finding-store.ts';
import type { RuleId } from '../estate/rule.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Connection } from './client.ts';
import type { EstateFinding as Row } from './generated/client.ts';

/** Findings, open and resolved ones. */
export class PostgresFindingReader implements FindingReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async listFindings(filter: FindingFilter, page: PageRequest): Promise<readonly EstateFinding[]> {
    const rows = await this.db.estateFinding.findMany({
      where: { AND: [filter, page.after === undefined ? {} : { id: { gt: page.after } }] },
      orderBy: { id: 'asc' },
      take: page.limit,
    });
    return rows.map(toFinding);
  }

  async listOpen(agentIds: readonly AgentId[]): Promise<readonly EstateFinding[]> {
    const rows = await this.db.estateFinding.findMany({
      where: { agentId: { in: [...agentIds] }, state: 'open' },
      orderBy: { id: 'asc' },
    });
    return rows.map(toFinding);
  }

  async countOpen(): Promise<readonly FindingCount[]> {
    return this.db.$queryRaw<FindingCount[]>`
      SELECT r.id AS "ruleId", count(f.id)::int AS open
        FROM estate_rules r
        LEFT JOIN estate_findings f ON f.rule_id = r.id AND f.state = 'open'
       GROUP BY r.id ORDER BY r.id`;
  }
}

/** Notes revisions before anything is read of the agents: what changes meanwhile is due again. */
export class PostgresFindingStore extends PostgresFindingReader implements FindingStore {
  async takeDue(at: Date, limit: number): Promise<readonly AgentId[]> {
    const rows = await this.db.$queryRaw<{ readonly id: AgentId }[]>`
      WITH due AS (
        SELECT a.id, a.papers_revision, a.published_revision, r.revision
          FROM agents a
          JOIN estate_revisions r ON r.organization_id = a.organization_id
          LEFT JOIN estate_judgements j ON j.agent_id = a.id
         WHERE j.agent_id IS NULL OR j.due_at <= ${at}::timestamptz
            OR j.papers_revision <> a.papers_revision
            OR j.published_revision <> a.published_revision
            OR j.estate_revision <> r.revision
         ORDER BY a.id LIMIT ${limit}),
      noted AS (
        INSERT INTO estate_judgements (agent_id, papers_revision, published_revision,
          estate_revision, due_at)
        SELECT id, papers_revision, published_revision, revision, 'infinity' FROM due
        ON CONFLICT (agent_id) DO UPDATE
          SET papers_revision = excluded.papers_revision,
              published_revision = excluded.published_revision,
              estate_revision = excluded.estate_revision, due_at = excluded.due_at
        RETURNING agent_id AS id)
      SELECT id FROM noted ORDER BY id`;
    return rows.map(({ id }) => id);
  }

  async recordDueTimes(
    times: readonly { readonly agentId: AgentId; readonly dueAt: Date }[],
  ): Promise<void> {
    await this.db.$executeRaw`
      UPDATE estate_judgements SET due_at = time.due_at
        FROM unnest(
          ${times.map(({ agentId }) => agentId)}::text[],
          ${times.map(({ dueAt }) => dueAt)}::timestamptz[]) AS time (agent_id, due_at)
       WHERE estate_judgements.agent_id = time.agent_id`;
  }

  async makeDue(agentId: AgentId, at: Date): Promise<void> {
    const never = { papersRevision: -1, publishedRevision: -1, estateRevision: -1, dueAt: at };
    await this.db.estateJudgement.upsert({
      where: { agentId },
      create: { agentId, ...never },
      update: { dueAt: at },
    });
  }

  async makeAllDue(organizationId: OrganizationId): Promise<void> {
    await this.db.estateRevision.upsert({
      where: { organizationId },
      create: { organizationId, revision: 1 },
      update: { revision: { increment: 1 } },
    });
  }

  async insertFindings(findings: readonly EstateFinding[]): Promise<void> {
    await this.db.estateFinding.createMany({ data: [...findings] });
  }

  async updateDetail(id: FindingId, detail: string): Promise<void> {
    await this.db.estateFinding.updateMany({ where: { id }, data: { detail } });
  }

  async resolve(ids: readonly FindingId[], at: Date): Promise<void> {
    await this.db.estateFinding.updateMany({
      where: { id: { in: [...ids] }, state: 'open' },
      data: { state: 'resolved', resolvedAt: at },
    });
  }

  async resolveAllOf(ruleId: RuleId, at: Date): Promise<void> {
    await this.db.estateFinding.updateMany({
      where: { ruleId, state: 'open' },
      data: { state: 'resolved', resolvedAt: at },
    });
  }
}

function toFinding(row: Row): EstateFinding {
  return {
    ...row,
    id: row.id as FindingId,
    organizationId: row.organizationId as OrganizationId,
    ruleId: row.ruleId as RuleId,
    agentId: row.agentId as AgentId,
    state: row.state as FindingState,
  };
}
