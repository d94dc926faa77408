import type { AgentId } from '../agents/agent.ts';
import type { Credential, CredentialId, CredentialRecord } from '../credentials/credential.ts';
import type {
  CredentialFilter,
  CredentialReader,
  CredentialStore,
} from '../credentials/credential-store.ts';
import { namedScopes } from '../credentials/named-scopes.ts';
import type { PageRequest } from '../kernel/page.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { KeyId } from '../keys/signing-key.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { Connection } from './client.ts';
import { Prisma } from './generated/client.ts';

/** A row of the select below. */
type Row = Omit<Credential, 'claims' | 'status'> & {
  readonly claims: string;
  readonly listId: StatusListId;
  readonly listNumber: number;
  readonly index: number;
};

const select = Prisma.sql`
  SELECT c.id, c.organization_id AS "organizationId", c.agent_id AS "agentId", c.type, c.claims,
         c.visibility, c.reason, c.valid_from AS "validFrom", c.valid_until AS "validUntil",
         c.payload, c.jwt, c.sealing, c.key_id AS "keyId", c.created_at AS "createdAt", l.id AS "listId",
         l.number AS "listNumber", s.index, s.revoked_at AS "revokedAt",
         s.suspended_at AS "suspendedAt", s.agent_suspended_at AS "agentSuspendedAt",
         c.series, c.renewal_of AS "renewalOf", c.renews_for_s AS "renewsForS",
         (SELECT max(r.id) FROM credentials r
           WHERE r.renewal_of = c.id AND r.sealing <> 'abandoned') AS "renewedBy"
    FROM credentials c
    JOIN status_entries s ON s.list_id = c.status_list_id AND s.index = c.status_index
    JOIN status_lists l ON l.id = s.list_id`;

/** Credentials joined with their status entries, in one query each. */
export class PostgresCredentialReader implements CredentialReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async find(organizationId: OrganizationId, id: CredentialId): Promise<Credential | null> {
    const [row] = await this.db.$queryRaw<Row[]>`
      ${select} WHERE c.organization_id = ${organizationId} AND c.id = ${id}`;
    return row === undefined ? null : toCredential(row);
  }

  async findMany(ids: readonly CredentialId[]): Promise<readonly Credential[]> {
    const rows = await this.db.$queryRaw<Row[]>`
      ${select} WHERE c.id = ANY(${ids}) ORDER BY c.id`;
    return rows.map(toCredential);
  }

  async list(filter: CredentialFilter, page: PageRequest): Promise<readonly Credential[]> {
    const conditions = conditionsOf(filter);
    if (page.after !== undefined) conditions.push(Prisma.sql`c.id > ${page.after}`);
    const rows = await this.db.$queryRaw<Row[]>`
      ${select} WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY c.id LIMIT ${page.limit}`;
    return rows.map(toCredential);
  }

  async listUnexpired(agentIds: readonly AgentId[], at: Date): Promise<readonly Credential[]> {
    const rows = await this.db.$queryRaw<Row[]>`
      ${select}
       WHERE c.agent_id = ANY(${agentIds}) AND c.valid_until > ${at}::timestamptz
         AND c.sealing <> 'abandoned'
       ORDER BY c.id`;
    return rows.map(toCredential);
  }

  async listUnsealed(before: Date, limit: number): Promise<readonly Credential[]> {
    const rows = await this.db.$queryRaw<Row[]>`
      ${select}
       WHERE c.sealing = 'intended' AND c.created_at < ${before}::timestamptz
       ORDER BY row_number() OVER (PARTITION BY c.organization_id ORDER BY c.id), c.id
       LIMIT ${limit}`;
    return rows.map(toCredential);
  }

  async findLastEnd(keyId: KeyId): Promise<Date | null> {
    const [row] = await this.db.$queryRaw<{ readonly end: Date | null }[]>`
      SELECT max(valid_until) AS "end" FROM credentials
       WHERE key_id = ${keyId} AND sealing <> 'abandoned'`;
    return row?.end ?? null;
  }

  async listStanding(keyId: KeyId, at: Date, limit: number): Promise<readonly Credential[]> {
    const rows = await this.db.$queryRaw<Row[]>`
      ${select}
       WHERE c.key_id = ${keyId} AND c.valid_until > ${at}::timestamptz
         AND c.sealing <> 'abandoned' AND s.revoked_at IS NULL
       ORDER BY c.id LIMIT ${limit}`;
    return rows.map(toCredential);
  }

  async listBereft(
    key: { readonly id: KeyId; readonly revokedAt: Date },
    at: Date,
    limit: number,
  ): Promise<readonly AgentId[]> {
    const rows = await this.db.$queryRaw<{ readonly id: AgentId }[]>`
      SELECT DISTINCT a.id
        FROM credentials c
        JOIN status_entries s ON s.list_id = c.status_list_id AND s.index = c.status_index
        JOIN agents a ON a.id = c.agent_id
       WHERE c.key_id = ${key.id} AND c.sealing = 'sealed' AND c.valid_until > ${at}::timestamptz
         AND s.revoked_at = ${key.revokedAt}::timestamptz AND s.suspended_at IS NULL
         AND a.state = 'active' AND (a.expires_at IS NULL OR a.expires_at > ${at}::timestamptz)
         AND NOT EXISTS (
           SELECT 1 FROM credentials n
            WHERE n.agent_id = c.agent_id AND n.type = c.type AND n.key_id <> c.key_id
              AND n.created_at >= ${key.revokedAt}::timestamptz AND n.sealing <> 'abandoned'
              AND (c.type = 'passport' OR (n.claims = c.claims AND n.visibility = c.visibility)))
       ORDER BY a.id LIMIT ${limit}`;
    return rows.map(({ id }) => id);
  }

  async listAgentsDue(at: Date, limit: number): Promise<readonly AgentId[]> {
    const rows = await this.db.$queryRaw<{ readonly id: AgentId }[]>`
      SELECT a.id
        FROM agents a
       CROSS JOIN LATERAL (
         SELECT c.valid_from, c.valid_until
           FROM credentials c
           JOIN status_entries s ON s.list_id = c.status_list_id AND s.index = c.status_index
          WHERE c.agent_id = a.id AND c.type = 'passport' AND c.sealing = 'sealed'
            AND s.revoked_at IS NULL
          ORDER BY c.created_at DESC, c.id DESC LIMIT 1) p
       WHERE a.state = 'active' AND a.renewal_due_at < ${at}::timestamptz
         AND (a.expires_at IS NULL OR a.expires_at > ${at}::timestamptz)
         AND p.valid_from + (p.valid_until - p.valid_from) * 2 / 3 < ${at}::timestamptz
       ORDER BY row_number() OVER (PARTITION BY a.organization_id ORDER BY p.valid_until, a.id),
                p.valid_until, a.id
       LIMIT ${limit}`;
    return rows.map(({ id }) => id);
  }

  async listFacetsDue(
    at: Date,
    order: { readonly lapsedBefore: Date; readonly limit: number },
  ): Promise<readonly Credential[]> {
    const rows = await this.db.$queryRaw<Row[]>`
      ${select}
      JOIN agents a ON a.id = c.agent_id
       WHERE s.renewal_due_at < ${at}::timestamptz
         AND c.valid_until > ${order.lapsedBefore}::timestamptz
         AND c.renews_for_s IS NOT NULL AND c.sealing = 'sealed'
         AND c.valid_from + (c.valid_until - c.valid_from) * 2 / 3 < ${at}::timestamptz
         AND s.revoked_at IS NULL AND s.suspended_at IS NULL AND s.agent_suspended_at IS NULL
         AND a.state = 'active'
         AND (a.expires_at IS NULL
              OR a.expires_at > ${at}::timestamptz
             AND date_trunc('second', a.expires_at) > c.valid_until)
         AND NOT EXISTS (
           SELECT FROM credentials r WHERE r.renewal_of = c.id AND r.sealing <> 'abandoned')
       ORDER BY row_number() OVER (PARTITION BY c.organization_id ORDER BY c.valid_until, c.id),
                c.valid_until, c.id
       LIMIT ${order.limit}`;
    return rows.map(toCredential);
  }
}

/**
 * Writes whole batches, each in one statement however many records it has. When an agent, or a facet,
 * is due to be renewed stands in a column that sealing and revoking keep right: what is due is found
 * without walking the rest.
 */
export class PostgresCredentialStore extends PostgresCredentialReader implements CredentialStore {
  async insertIntents(records: readonly CredentialRecord[]): Promise<void> {
    const column = <Value>(read: (record: CredentialRecord) => Value) => records.map(read);
    await this.db.$executeRaw`
      INSERT INTO credentials (id, organization_id, agent_id, type, claims, visibility, reason,
        valid_from, valid_until, payload, jwt, sealing, key_id, status_list_id, status_index, created_at,
        series, renewal_of, renews_for_s)
      SELECT * FROM unnest(
        ${column(({ id }) => id)}::text[],
        ${column(({ organizationId }) => organizationId)}::text[],
        ${column(({ agentId }) => agentId)}::text[],
        ${column(({ type }) => type)}::text[],
        ${column(({ claims }) => JSON.stringify(claims))}::text[],
        ${column(({ visibility }) => visibility)}::text[],
        ${column(({ reason }) => reason)}::text[],
        ${column(({ validFrom }) => validFrom)}::timestamptz[],
        ${column(({ validUntil }) => validUntil)}::timestamptz[],
        ${column(({ payload }) => payload)}::text[],
        ${column(({ jwt }) => jwt)}::text[],
        ${column(({ sealing }) => sealing)}::text[],
        ${column(({ keyId }) => keyId)}::text[],
        ${column(({ status }) => status.listId)}::text[],
        ${column(({ status }) => status.index)}::int[],
        ${column(({ createdAt }) => createdAt)}::timestamptz[],
        ${column(({ series }) => series)}::text[],
        ${column(({ renewalOf }) => renewalOf)}::text[],
        ${column(({ renewsForS }) => renewsForS)}::int[])`;
    await this.#indexScopes(records);
  }

  async sealAll(
    seals: readonly { readonly id: CredentialId; readonly jwt: string }[],
  ): Promise<void> {
    const [sealed] = await this.db.$queryRaw<{ readonly count: number }[]>`
      WITH sealed AS (
        UPDATE credentials SET jwt = seal.jwt, sealing = 'sealed'
          FROM unnest(${seals.map(({ id }) => id)}::text[], ${seals.map(({ jwt }) => jwt)}::text[])
            AS seal (id, jwt)
         WHERE credentials.id = seal.id AND credentials.sealing = 'intended'
        RETURNING credentials.id, agent_id, type, renewal_of, renews_for_s,
          date_trunc('milliseconds', valid_from + (valid_until - valid_from) * 2 / 3) AS due_at),
      passports AS (
        UPDATE agents SET renewal_due_at = newest.due_at
          FROM (SELECT agent_id, max(due_at) AS due_at FROM sealed
                 WHERE type = 'passport' GROUP BY agent_id) newest
         WHERE agents.id = newest.agent_id),
      renewing AS (
        UPDATE status_entries SET renewal_due_at = sealed.due_at
          FROM sealed
         WHERE holder = sealed.id AND renews_for_s IS NOT NULL AND revoked_at IS NULL),
      renewed AS (
        UPDATE status_entries SET renewal_due_at = NULL
          FROM sealed WHERE holder = sealed.renewal_of AND renewal_due_at IS NOT NULL)
      SELECT count(*)::int AS count FROM sealed`;
    if (sealed?.count === seals.length) return;
    throw new SealwrightError(
      'credential-wrong-state',
      'A credential was given up before its signature was recorded.',
    );
  }

  async #indexScopes(records: readonly CredentialRecord[]): Promise<void> {
    const named = records.flatMap((record) =>
      namedScopes(record).map((scope) => ({ ...scope, record })),
    );
    if (named.length === 0) return;
    await this.db.$executeRaw`
      INSERT INTO credential_actions (credential_id, organization_id, agent_id, effect, scope,
        valid_until)
      SELECT * FROM unnest(
        ${named.map(({ record }) => record.id)}::text[],
        ${named.map(({ record }) => record.organizationId)}::text[],
        ${named.map(({ record }) => record.agentId)}::text[],
        ${named.map(({ effect }) => effect)}::text[],
        ${named.map(({ scope }) => scope)}::text[],
        ${named.map(({ record }) => record.validUntil)}::timestamptz[])`;
  }

  async abandonAll(ids: readonly CredentialId[]): Promise<void> {
    await this.db.credential.updateMany({
      where: { id: { in: [...ids] }, sealing: 'intended' },
      data: { sealing: 'abandoned' },
    });
  }
}

function conditionsOf(filter: CredentialFilter): Prisma.Sql[] {
  const { agentId, type, state, expiresBefore } = filter;
  const conditions = [Prisma.sql`c.organization_id = ${filter.organizationId}`];
  if (agentId !== undefined) conditions.push(Prisma.sql`c.agent_id = ${agentId}`);
  if (type !== undefined) conditions.push(Prisma.sql`c.type = ${type}`);
  if (state !== undefined) conditions.push(Prisma.sql`${stateSql(filter.at)} = ${state}`);
  if (expiresBefore !== undefined) {
    conditions.push(Prisma.sql`c.valid_until < ${expiresBefore}::timestamptz`);
  }
  return [...conditions, ...within(filter)];
}

function within({ reach }: CredentialFilter): Prisma.Sql[] {
  if (reach === undefined) return [];
  const { team, agentId } = reach;
  const ofTeam = Prisma.sql`c.agent_id IN (SELECT id FROM agents WHERE team = ${team})`;
  return [
    ...(team === null ? [] : [ofTeam]),
    ...(agentId === null ? [] : [Prisma.sql`c.agent_id = ${agentId}`]),
  ];
}

/** `credentialStateAt` of the credentials room, word for word, of `credentials c` and `status_entries s`. */
export function stateSql(at: Date): Prisma.Sql {
  return Prisma.sql`
    CASE WHEN c.sealing <> 'sealed' THEN c.sealing
         WHEN s.revoked_at IS NOT NULL THEN 'revoked'
         WHEN c.valid_until <= ${at}::timestamptz THEN 'expired'
         WHEN s.suspended_at IS NOT NULL OR s.agent_suspended_at IS NOT NULL THEN 'suspended'
         ELSE 'active' END`;
}

function toCredential({ listId, listNumber, index, ...row }: Row): Credential {
  return {
    ...row,
    claims: JSON.parse(row.claims) as JsonObject,
    status: { listId, listNumber, index },
  };
}
