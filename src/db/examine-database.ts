import type pg from 'pg';
import type { Role } from '../config/env.ts';
import { defaultSilentMs } from './connect-options.ts';
import { type DatabaseFault, faultOf, warningOf } from './database-fault.ts';
import { explainFailure } from './explain-failure.ts';
import { findPoolerFaults } from './find-pooler-faults.ts';
import { findPrivilegeFaults } from './find-privilege-faults.ts';
import { findSchemaFaults } from './find-schema-faults.ts';
import { withClient } from './with-client.ts';

/** What the service wants of a database. */
export interface DatabaseNeeds {
  /** `public` reads documents, and nothing more. */
  readonly role: Role;
  /** The most connections that its pool opens. */
  readonly maxConnections: number;
}

/** What the server says about itself and about this session. */
interface ServerFacts {
  /** Such as 150004 for 15.4. */
  readonly version: number;
  readonly encoding: string;
  readonly timeZone: string;
  readonly dateStyle: string;
  readonly isReplica: boolean;
  readonly isReadOnly: boolean;
  /** Connections that a role like ours can have at most. */
  readonly room: number;
  readonly clockMs: number;
}

const leastVersion = 140_000;
const collationVersionsSince = 150_000;
/** Beside the pool: the one that watches, and one while the service starts. */
const besidePool = 2;
const clockToleranceMs = 5_000;

/** What each setting must not be, and what would be lost if it were. */
const dangers: ReadonlyMap<string, string> = new Map([
  ['fsync', 'a crash of the machine could destroy the whole database'],
  ['full_page_writes', 'a crash of the machine could leave half-written pages'],
  ['synchronous_commit', 'a revocation that was acknowledged could be forgotten'],
]);

/**
 * Connects, looks, and changes nothing: everything that is wrong with a database for a service with
 * these needs, what keeps it from starting first. A database that cannot be reached is one fault.
 */
export async function examineDatabase(
  connectionString: string,
  needs: DatabaseNeeds,
): Promise<readonly DatabaseFault[]> {
  try {
    const examine = async (client: pg.Client) => [
      ...(await findPoolerFaults(client, connectionString)),
      ...(await findServerFaults(client, needs)),
      ...(await findDurabilityFaults(client, needs)),
      ...(await findPrivilegeFaults(client, needs.role)),
      ...(await findSchemaFaults(client, needs.role)),
    ];
    const found = await withClient(connectionString, examine, { silentMs: defaultSilentMs });
    return found.toSorted((one, other) => Number(other.stops) - Number(one.stops));
  } catch (error) {
    return [explainFailure(error, connectionString)];
  }
}

async function findServerFaults(
  client: pg.Client,
  needs: DatabaseNeeds,
): Promise<readonly DatabaseFault[]> {
  const asked = Date.now();
  const facts = await readFacts(client);
  const now = (asked + Date.now()) / 2;
  return [
    ...findVersionFaults(facts),
    ...(needs.role === 'public' ? [] : findReplicaFaults(facts)),
    ...findSessionFaults(facts, now),
    ...findRoomFaults(facts, needs),
    ...(await findCollationFaults(client, facts)),
  ];
}

async function readFacts(client: pg.Client): Promise<ServerFacts> {
  const { rows } = await client.query<ServerFacts>(
    `SELECT current_setting('server_version_num')::int AS version,
            current_setting('server_encoding') AS encoding,
            current_setting('TimeZone') AS "timeZone",
            current_setting('DateStyle') AS "dateStyle",
            pg_is_in_recovery() AS "isReplica",
            current_setting('default_transaction_read_only')::bool AS "isReadOnly",
            least(
              current_setting('max_connections')::int
                - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0),
              nullif(role.rolconnlimit, -1),
              nullif(own.datconnlimit, -1)) AS room,
            (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "clockMs"
       FROM pg_database own, pg_roles role
      WHERE own.datname = current_database() AND role.rolname = current_user`,
  );
  const [facts] = rows;
  if (facts === undefined) throw new TypeError('A session has a database and a role.');
  return facts;
}

function findVersionFaults({ version, encoding }: ServerFacts): readonly DatabaseFault[] {
  const major = Math.floor(version / 10_000);
  return [
    ...(version < leastVersion
      ? [faultOf('database-version', `The server is PostgreSQL ${major}.`)]
      : []),
    ...(encoding === 'UTF8'
      ? []
      : [
          faultOf(
            'database-encoding',
            `The database is in ${encoding}, which cannot hold every name.`,
          ),
        ]),
  ];
}

function findReplicaFaults({ isReplica, isReadOnly }: ServerFacts): readonly DatabaseFault[] {
  if (isReplica) {
    return [faultOf('database-read-only', 'The server is a replica, and takes no writes.')];
  }
  return isReadOnly
    ? [faultOf('database-read-only', 'Transactions are read-only (default_transaction_read_only).')]
    : [];
}

function findSessionFaults(facts: ServerFacts, now: number): readonly DatabaseFault[] {
  const seconds = Math.round(Math.abs(facts.clockMs - now) / 1000);
  return [
    ...(facts.timeZone === 'UTC' && facts.dateStyle.startsWith('ISO')
      ? []
      : [
          faultOf(
            'database-session',
            `Sessions write dates in ${facts.timeZone} and the style ${facts.dateStyle}, although UTC and ISO were asked for.`,
          ),
        ]),
    ...(seconds * 1000 < clockToleranceMs
      ? []
      : [warningOf('database-clock', `The clock of the server is ${seconds} s away from ours.`)]),
  ];
}

function findRoomFaults({ room }: ServerFacts, needs: DatabaseNeeds): readonly DatabaseFault[] {
  const wanted = needs.maxConnections + besidePool;
  if (room >= wanted) return [];
  return [
    faultOf(
      'database-connections',
      `The pool may open ${needs.maxConnections} connections and the process ${besidePool} beside it, and the server grants ${room}.`,
    ),
  ];
}

/** A system library that sorts otherwise than when an index was built makes the index miss rows. */
async function findCollationFaults(
  client: pg.Client,
  { version }: ServerFacts,
): Promise<readonly DatabaseFault[]> {
  if (version < collationVersionsSince) return [];
  const { rows } = await client.query<{ stale: boolean }>(
    `SELECT datcollversion <> pg_database_collation_actual_version(oid) AS stale
       FROM pg_database WHERE datname = current_database()`,
  );
  if (rows[0]?.stale !== true) return [];
  return [
    warningOf(
      'database-collation',
      'The system of the server sorts text otherwise than when the database was made: indexes may miss rows.',
    ),
  ];
}

/** `synchronous_commit` has several values beside off that all reach this server's own disk. */
async function findDurabilityFaults(
  client: pg.Client,
  { role }: DatabaseNeeds,
): Promise<readonly DatabaseFault[]> {
  if (role === 'public') return [];
  const { rows } = await client.query<{ name: string }>(
    "SELECT name FROM pg_settings WHERE name = ANY($1) AND setting = 'off' ORDER BY name",
    [[...dangers.keys()]],
  );
  return rows.map(({ name }) =>
    faultOf('database-not-durable', `${name} is off: ${dangers.get(name)}.`),
  );
}
