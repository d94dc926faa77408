import type {
  Agent,
  AgentId,
  AgentKind,
  AgentProfile,
  AgentState,
  DocumentProfile,
  GrantType,
  KeyCustody,
} from '../agents/agent.ts';
import type { AgentLint, DocumentLint } from '../agents/agent-lint.ts';
import type { AgentFilter, AgentReader, AgentStore } from '../agents/agent-store.ts';
import type { PageRequest } from '../kernel/page.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Did } from '../protocol/did-web.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import type { Prisma, Agent as Row } from './generated/client.ts';

/** Agents by id or handle. Filters match the text as it is: `%` and `_` stand for themselves. */
export class PostgresAgentReader implements AgentReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async findByHandle(organizationId: OrganizationId, handle: string): Promise<Agent | null> {
    const row = await this.db.agent.findUnique({
      where: { organizationId_handle: { organizationId, handle } },
    });
    return row === null ? null : toAgent(row);
  }

  async findByHandles(
    organizationId: OrganizationId,
    handles: readonly string[],
  ): Promise<readonly Agent[]> {
    const rows = await this.db.agent.findMany({
      where: { organizationId, handle: { in: [...handles] } },
    });
    return rows.map(toAgent);
  }

  async findMany(ids: readonly AgentId[]): Promise<readonly Agent[]> {
    const rows = await this.db.agent.findMany({
      where: { id: { in: [...ids] } },
      orderBy: { id: 'asc' },
    });
    return rows.map(toAgent);
  }

  async list(filter: AgentFilter, page: PageRequest): Promise<readonly Agent[]> {
    const rows = await this.db.agent.findMany({
      where: {
        AND: [
          matching(filter),
          within(filter),
          page.after === undefined ? {} : { id: { gt: page.after } },
        ],
      },
      orderBy: { id: 'asc' },
      take: page.limit,
    });
    return rows.map(toAgent);
  }

  async listLagging(limit: number, except: readonly AgentId[] = []): Promise<readonly Agent[]> {
    const rows = await this.db.$queryRaw<{ readonly id: AgentId }[]>`
      SELECT id FROM agents
       WHERE published_revision < papers_revision AND id <> ALL(${[...except]}::text[])
       ORDER BY row_number() OVER (PARTITION BY organization_id ORDER BY id), id
       LIMIT ${limit}`;
    return this.#findInOrder(rows);
  }

  async countLagging(organizationId: OrganizationId): Promise<number> {
    const lagging = { lt: this.db.agent.fields.papersRevision };
    return this.db.agent.count({ where: { organizationId, publishedRevision: lagging } });
  }

  async listEnded(at: Date, limit: number): Promise<readonly Agent[]> {
    const rows = await this.db.$queryRaw<{ readonly id: AgentId }[]>`
      SELECT id FROM agents WHERE expires_at <= ${at}::timestamptz AND state <> 'retired'
       ORDER BY row_number() OVER (PARTITION BY organization_id ORDER BY expires_at, id),
                expires_at, id
       LIMIT ${limit}`;
    return this.#findInOrder(rows);
  }

  async #findInOrder(rows: readonly { readonly id: AgentId }[]): Promise<readonly Agent[]> {
    const found = await this.findMany(rows.map(({ id }) => id));
    const byId = new Map(found.map((agent) => [agent.id, agent]));
    return rows.flatMap(({ id }) => byId.get(id) ?? []);
  }

  async findLint(id: AgentId): Promise<AgentLint | null> {
    const row = await this.db.agentLint.findUnique({ where: { agentId: id } });
    if (row === null) return null;
    const documents = JSON.parse(row.documents) as readonly DocumentLint[];
    return { agentId: id, checkedAt: row.checkedAt, documents };
  }
}

/** Locks rows in the order of their ids, so that two transactions wait and never deadlock. */
export class PostgresAgentStore extends PostgresAgentReader implements AgentStore {
  async insert(agent: Agent): Promise<void> {
    await refuseDuplicate(
      this.db.agent.create({ data: { ...agent, ...toColumns(agent) }, select: { id: true } }),
      () => new SealwrightError('handle-taken', `The handle ${agent.handle} is, or was, in use.`),
    );
    await this.#recordState(agent.id, agent.state, agent.createdAt);
  }

  async reviseAll(ids: readonly AgentId[]): Promise<readonly Agent[]> {
    await this.db.$queryRaw`
      SELECT id FROM agents WHERE id = ANY(${ids}) ORDER BY id FOR NO KEY UPDATE`;
    const rows = await this.db.agent.updateManyAndReturn({
      where: { id: { in: [...ids] } },
      data: { papersRevision: { increment: 1 } },
    });
    return rows.map(toAgent).sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  async updateProfile(id: AgentId, profile: AgentProfile, at: Date): Promise<void> {
    await this.db.agent.updateMany({
      where: { id },
      data: { ...toColumns(profile), updatedAt: at },
    });
  }

  async updateState(id: AgentId, state: AgentState, at: Date): Promise<void> {
    await this.db.agent.updateMany({ where: { id }, data: { state, updatedAt: at } });
    await this.#recordState(id, state, at);
  }

  async #recordState(agentId: AgentId, state: AgentState, since: Date): Promise<void> {
    await this.db.agentStateChange.create({ data: { agentId, state, since } });
  }

  async markPublished(
    revisions: readonly { readonly id: AgentId; readonly revision: number }[],
  ): Promise<readonly AgentId[]> {
    const ids = revisions.map(({ id }) => id);
    const rows = await this.db.$queryRaw<{ readonly id: AgentId }[]>`
      WITH current AS (
        SELECT agents.id, agents.papers_revision AS revision
          FROM agents
          JOIN unnest(${ids}::text[], ${revisions.map(({ revision }) => revision)}::int[])
            AS asked (id, revision) ON agents.id = asked.id AND agents.papers_revision = asked.revision
         ORDER BY agents.id
           FOR NO KEY UPDATE OF agents)
      UPDATE agents SET published_revision = current.revision
        FROM current WHERE agents.id = current.id
      RETURNING agents.id`;
    return rows.map(({ id }) => id);
  }

  async recordLints(lints: readonly AgentLint[]): Promise<void> {
    if (lints.length === 0) return;
    await this.db.$executeRaw`
      INSERT INTO agent_lints (agent_id, checked_at, documents)
      SELECT * FROM unnest(
        ${lints.map(({ agentId }) => agentId)}::text[],
        ${lints.map(({ checkedAt }) => checkedAt)}::timestamptz[],
        ${lints.map(({ documents }) => JSON.stringify(documents))}::text[])
      ON CONFLICT (agent_id) DO UPDATE
        SET checked_at = excluded.checked_at, documents = excluded.documents`;
  }
}

function within({ reach }: AgentFilter): Prisma.AgentWhereInput {
  return {
    ...(reach === undefined || reach.team === null ? {} : { team: reach.team }),
    ...(reach === undefined || reach.agentId === null ? {} : { id: reach.agentId }),
  };
}

function matching(filter: AgentFilter): Prisma.AgentWhereInput {
  const { organizationId, state, kind, team, tag, owner, text } = filter;
  return {
    organizationId,
    ...(state === undefined ? {} : { state }),
    ...(kind === undefined ? {} : { kind }),
    ...(team === undefined ? {} : { team }),
    ...(tag === undefined ? {} : { tags: { has: tag } }),
    ...(owner === undefined ? {} : { owners: { has: owner } }),
    ...(text === undefined
      ? {}
      : { OR: [{ handle: containing(text) }, { name: containing(text) }] }),
  };
}

/** The text as it is: Prisma passes the wildcards of LIKE through. */
function containing(text: string): Prisma.StringFilter {
  return { contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' };
}

/** The members of a profile that are lists, in the form that Prisma takes. */
function toColumns(profile: AgentProfile) {
  return {
    name: profile.name,
    description: profile.description,
    owners: [...profile.owners],
    team: profile.team,
    tags: [...profile.tags],
    version: profile.version,
    redirectUris: [...profile.redirectUris],
    grantTypes: [...profile.grantTypes],
    logoUri: profile.logoUri,
    profiles: [...profile.profiles],
    expiresAt: profile.expiresAt,
  };
}

function toAgent({ renewalDueAt: _due, ...row }: Row): Agent {
  return {
    ...row,
    id: row.id as AgentId,
    organizationId: row.organizationId as OrganizationId,
    kind: row.kind as AgentKind,
    state: row.state as AgentState,
    grantTypes: row.grantTypes as GrantType[],
    profiles: row.profiles as DocumentProfile[],
    did: row.did as Did,
    keyCustody: row.keyCustody as KeyCustody,
  };
}
