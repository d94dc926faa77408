import type { AccessFilter, AccessReader, PermittedAgent } from '../credentials/access-store.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { Connection } from './client.ts';
import { Prisma } from './generated/client.ts';

/** Answers from the index of scopes; rows of credentials are read for candidates alone. */
export class PostgresAccessReader implements AccessReader {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  async listPermitted(filter: AccessFilter, page: PageRequest): Promise<readonly PermittedAgent[]> {
    const { organizationId, scope, at } = filter;
    return this.#db.$queryRaw<PermittedAgent[]>`
      SELECT DISTINCT ON (a.agent_id) a.agent_id AS "agentId", a.credential_id AS "credentialId"
        FROM credential_actions a
       WHERE a.organization_id = ${organizationId} AND a.scope = ${scope} AND a.effect = 'allow'
         AND a.agent_id > ${page.after ?? ''} AND a.valid_until > ${at}::timestamptz
         AND ${isInForce(Prisma.sql`a.credential_id`, at)}
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
       ORDER BY a.agent_id, a.credential_id LIMIT ${page.limit}`;
  }
}

/** Its end apart, which the index knows. */
function isInForce(id: Prisma.Sql, at: Date): Prisma.Sql {
  return Prisma.sql`EXISTS (
    SELECT 1 FROM credentials c
      JOIN status_entries s ON s.list_id = c.status_list_id AND s.index = c.status_index
     WHERE c.id = ${id} AND c.sealing = 'sealed'
       AND c.created_at <= ${at}::timestamptz AND c.valid_from <= ${at}::timestamptz
       AND (s.revoked_at IS NULL OR s.revoked_at > ${at}::timestamptz)
       AND (s.suspended_at IS NULL OR s.suspended_at > ${at}::timestamptz)
       AND (s.agent_suspended_at IS NULL OR s.agent_suspended_at > ${at}::timestamptz)
       AND NOT EXISTS (
         SELECT 1 FROM ended_suspensions e
          WHERE e.holder = c.id AND e.ended_at > ${at}::timestamptz
            AND e.began_at <= ${at}::timestamptz))`;
}
