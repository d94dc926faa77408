import type {
  CredentialCount,
  EarliestEnd,
  Inventory,
  InventoryReader,
  ListStanding,
  StateCount,
} from '../estate/inventory.ts';
import { facetTypes } from '../protocol/facet.ts';
import { statusUrls } from '../status/status-list.ts';
import type { Connection } from './client.ts';
import { stateSql } from './credential-store.ts';

const ourTypes = ['passport', ...facetTypes];

interface Counted extends CredentialCount {
  readonly earliestEnd: Date | null;
}

/** Counts by the database, in one pass over agents, credentials and lists each. */
export class PostgresInventoryReader implements InventoryReader {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  async takeInventory(at: Date): Promise<Inventory> {
    const counted = await this.#countCredentials(at);
    return {
      agents: await this.#countAgents(),
      credentials: counted.map(({ type, state, count }) => ({ type, state, count })),
      earliestEnds: counted.flatMap(earliestEndOf),
      lists: await this.#readLists(),
    };
  }

  async #countAgents(): Promise<readonly StateCount[]> {
    return this.#db.$queryRaw<StateCount[]>`
      SELECT state, count(*)::int AS count FROM agents GROUP BY state ORDER BY state`;
  }

  async #countCredentials(at: Date): Promise<readonly Counted[]> {
    return this.#db.$queryRaw<Counted[]>`
      SELECT type, state, count(*)::int AS count,
             min(valid_until) FILTER (WHERE state = 'active' AND NOT renews) AS "earliestEnd"
        FROM (
          SELECT CASE WHEN c.type = ANY(${ourTypes}) THEN c.type ELSE 'own' END AS type,
                 c.valid_until, c.type = 'passport' OR c.renews_for_s IS NOT NULL AS renews,
                 ${stateSql(at)} AS state
            FROM credentials c
            JOIN status_entries s
              ON s.list_id = c.status_list_id AND s.index = c.status_index) AS credential
       GROUP BY type, state ORDER BY type, state`;
  }

  async #readLists(): Promise<readonly ListStanding[]> {
    const lists = await this.#db.statusList.findMany({
      select: { number: true, size: true, taken: true, publishedAt: true, organization: true },
      orderBy: [{ organizationId: 'asc' }, { number: 'asc' }],
    });
    return lists.map(({ organization, number, publishedAt, taken, size }) => ({
      url: statusUrls(organization.baseUrl, number).token,
      publishedAt,
      used: taken / size,
    }));
  }
}

function earliestEndOf({ type, earliestEnd }: Counted): readonly EarliestEnd[] {
  return earliestEnd === null ? [] : [{ type, endsAt: earliestEnd }];
}
