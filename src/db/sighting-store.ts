import type { AgentId } from '../agents/agent.ts';
import type { AgentSighting, ClientSighting } from '../estate/sighting.ts';
import type { NeglectFilter, SightingReader, SightingStore } from '../estate/sighting-store.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { Connection } from './client.ts';
import { Prisma } from './generated/client.ts';

/** Who was looked at, and whom nobody may be looking after. */
export class PostgresSightingReader implements SightingReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async listSightings(agentIds: readonly AgentId[]): Promise<readonly AgentSighting[]> {
    const rows = await this.db.agentSighting.findMany({
      where: { agentId: { in: [...agentIds] } },
      orderBy: { agentId: 'asc' },
    });
    return rows.map((row) => ({ ...row, agentId: row.agentId as AgentId }));
  }

  async listNeglected(filter: NeglectFilter, page: PageRequest): Promise<readonly AgentId[]> {
    const signs = [...departure(filter), ...ending(filter), ...unseen(filter)];
    if (signs.length === 0) return [];
    const rows = await this.db.$queryRaw<{ readonly id: AgentId }[]>`
      SELECT a.id FROM agents a
       WHERE a.organization_id = ${filter.organizationId} AND a.state <> 'retired'
         AND a.id > ${page.after ?? ''} AND (${Prisma.join(signs, ' OR ')})
       ORDER BY a.id LIMIT ${page.limit}`;
    return rows.map(({ id }) => id);
  }
}

/** Keeps the latest of each kind; a client_id that is no agent's own changes nothing. */
export class PostgresSightingStore extends PostgresSightingReader implements SightingStore {
  async recordFetches(sightings: readonly ClientSighting[]): Promise<void> {
    await this.#record(Prisma.sql`fetched_on`, sightings);
  }

  async recordVerifications(sightings: readonly ClientSighting[]): Promise<void> {
    await this.#record(Prisma.sql`verified_at`, sightings);
  }

  async #record(column: Prisma.Sql, sightings: readonly ClientSighting[]): Promise<void> {
    if (sightings.length === 0) return;
    await this.db.$executeRaw`
      INSERT INTO agent_sightings (agent_id, ${column})
      SELECT a.id, max(seen.at)
        FROM unnest(
          ${sightings.map(({ clientId }) => clientId)}::text[],
          ${sightings.map(({ at }) => at)}::timestamptz[]) AS seen (client_id, at)
        JOIN agents a ON a.client_id = seen.client_id
       GROUP BY a.id ORDER BY a.id
      ON CONFLICT (agent_id) DO UPDATE
        SET ${column} = GREATEST(agent_sightings.${column}, excluded.${column})`;
  }
}

function departure({ departed }: NeglectFilter): readonly Prisma.Sql[] {
  if (!departed) return [];
  return [
    Prisma.sql`EXISTS (
      SELECT 1 FROM unnest(a.owners) AS named (owner)
        JOIN departed_owners d ON d.organization_id = a.organization_id
                              AND d.owner = lower(named.owner))`,
  ];
}

function ending({ endsBefore, at }: NeglectFilter): readonly Prisma.Sql[] {
  if (endsBefore === null) return [];
  return [
    Prisma.sql`(a.expires_at > ${at}::timestamptz AND a.expires_at < ${endsBefore}::timestamptz)`,
    Prisma.sql`EXISTS (
      SELECT 1 FROM credentials c
       WHERE c.agent_id = a.id AND c.type <> 'passport' AND c.sealing = 'sealed'
         AND c.valid_until > ${at}::timestamptz AND c.valid_until < ${endsBefore}::timestamptz)`,
  ];
}

function unseen({ unseenSince }: NeglectFilter): readonly Prisma.Sql[] {
  if (unseenSince === null) return [];
  return [
    Prisma.sql`(a.created_at < ${unseenSince}::timestamptz AND NOT EXISTS (
      SELECT 1 FROM agent_sightings s
       WHERE s.agent_id = a.id
         AND GREATEST(s.fetched_on, s.verified_at) >= ${unseenSince}::timestamptz))`,
  ];
}
