import type { AgentId } from '../agents/agent.ts';
import type { AccessFilter, AccessReader, PermittedAgent } from '../credentials/access-store.ts';
import type { CredentialId } from '../credentials/credential.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { Connection } from './client.ts';
import { Prisma } from './generated/client.ts';

/** Candidates looked at in one query: few at first, then more, and never so many that it takes long. */
const fewestCandidates = 200;
const mostCandidates = 3_200;

/** What one query found, and how far it looked. */
interface Stretch {
  readonly last: AgentId | null;
  readonly looked: number;
  readonly agentId: AgentId | null;
  readonly credentialId: CredentialId | null;
}

/**
 * Answers from the index of scopes; rows of credentials are read for candidates alone. Where many
 * agents in a row may not do it any more, it goes on stretch by stretch.
 */
export class PostgresAccessReader implements AccessReader {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  async listPermitted(filter: AccessFilter, page: PageRequest): Promise<readonly PermittedAgent[]> {
    const found: PermittedAgent[] = [];
    let after = page.after ?? '';
    for (
      let candidates = fewestCandidates;
      ;
      candidates = Math.min(4 * candidates, mostCandidates)
    ) {
      const rows = await this.#look(filter, { after, candidates, limit: page.limit });
      found.push(...rows.flatMap(permittedIn));
      const { last = null, looked = 0 } = rows[0] ?? {};
      if (last === null || looked < candidates || found.length >= page.limit) {
        return found.slice(0, page.limit);
      }
      after = last;
    }
  }

  /** All rows of the last agent are looked at with it. */
  #look(
    { organizationId, scope, at, reach }: AccessFilter,
    order: { readonly after: string; readonly candidates: number; readonly limit: number },
  ): Promise<Stretch[]> {
    return this.#db.$queryRaw<Stretch[]>`
      WITH candidates AS MATERIALIZED (
        SELECT agent_id, credential_id FROM credential_actions
         WHERE organization_id = ${organizationId} AND scope = ${scope} AND effect = 'allow'
           AND agent_id > ${order.after} AND valid_until > ${at}::timestamptz
           ${within(reach)}
         ORDER BY agent_id FETCH FIRST (${order.candidates}::int) ROWS WITH TIES),
      permitted AS (
        SELECT DISTINCT ON (a.agent_id) a.agent_id, a.credential_id
          FROM candidates a
         WHERE ${isInForce(Prisma.sql`a.credential_id`, at)}
           AND 'active' = (
             SELECT h.state FROM agent_state_changes h
              WHERE h.agent_id = a.agent_id AND h.since <= ${at}::timestamptz
              ORDER BY h.since DESC, h.id DESC LIMIT 1)
           AND NOT EXISTS (
             SELECT 1 FROM credential_actions d
              WHERE d.organization_id = ${organizationId} AND d.scope = ${scope}
                AND d.effect = 'deny' AND d.agent_id = a.agent_id
                AND d.valid_until > ${at}::timestamptz
                AND ${isInForce(Prisma.sql`d.credential_id`, at)})
         ORDER BY a.agent_id, a.credential_id LIMIT ${order.limit})
      SELECT stretch.last, stretch.looked, permitted.agent_id AS "agentId",
             permitted.credential_id AS "credentialId"
        FROM (SELECT max(agent_id) AS last, count(*)::int AS looked FROM candidates) stretch
        LEFT JOIN permitted ON true
       ORDER BY permitted.agent_id`;
  }
}

function permittedIn({ agentId, credentialId }: Stretch): readonly PermittedAgent[] {
  return agentId === null || credentialId === null ? [] : [{ agentId, credentialId }];
}

function within(reach: AccessFilter['reach']): Prisma.Sql {
  if (reach === undefined) return Prisma.empty;
  const { team, agentId } = reach;
  const ofTeam = Prisma.sql`AND agent_id IN (SELECT id FROM agents WHERE team = ${team})`;
  const ofAgent = Prisma.sql`AND agent_id = ${agentId}`;
  return Prisma.sql`${team === null ? Prisma.empty : ofTeam} ${agentId === null ? Prisma.empty : ofAgent}`;
}

/**
 * Its end apart, which the index knows. `OFFSET 0` keeps the planner from anything but a look-up of
 * the one row: without statistics, as after an import, it would read all credentials for each.
 */
function isInForce(id: Prisma.Sql, at: Date): Prisma.Sql {
  return Prisma.sql`EXISTS (
    SELECT 1 FROM (SELECT * FROM credentials WHERE id = ${id} OFFSET 0) c
      JOIN status_entries s ON s.list_id = c.status_list_id AND s.index = c.status_index
     WHERE c.sealing = 'sealed'
       AND c.created_at <= ${at}::timestamptz AND c.valid_from <= ${at}::timestamptz
       AND (s.revoked_at IS NULL OR s.revoked_at > ${at}::timestamptz)
       AND (s.suspended_at IS NULL OR s.suspended_at > ${at}::timestamptz)
       AND (s.agent_suspended_at IS NULL OR s.agent_suspended_at > ${at}::timestamptz)
       AND NOT EXISTS (
         SELECT 1 FROM ended_suspensions e
          WHERE e.holder = c.id AND e.ended_at > ${at}::timestamptz
            AND e.began_at <= ${at}::timestamptz))`;
}
