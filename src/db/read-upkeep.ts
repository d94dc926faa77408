import type { SealContext } from '../keys/key-seal.ts';
import { statusUrls } from '../status/status-list.ts';
import { withClient } from './with-client.ts';

/** A private half as it is stored, and what it is bound to. */
export interface SealedKey extends SealContext {
  readonly sealed: Uint8Array;
}

/** When a status list was last signed, by the clock of the database. */
export interface ListAge {
  readonly url: string;
  /** Seconds since it was published; null when it never was. */
  readonly ageS: number | null;
}

/** What can be checked of a registry's rows without changing any. */
export interface Upkeep {
  readonly sealedKeys: readonly SealedKey[];
  readonly lists: readonly ListAge[];
}

/** Reads it over a connection of its own; rejects when the tables are not there. */
export function readUpkeep(connectionString: string): Promise<Upkeep> {
  return withClient(
    connectionString,
    async (client) => {
      const keys = await client.query<SealedKey>(`
        SELECT id AS "keyId", organization_id AS "organizationId", purpose, sealed
          FROM signing_keys WHERE sealed IS NOT NULL ORDER BY id`);
      const lists = await client.query<{ baseUrl: string; number: number; ageS: number | null }>(`
        SELECT o.base_url AS "baseUrl", l.number,
               extract(epoch FROM now() - l.published_at)::float8 AS "ageS"
          FROM status_lists l JOIN organizations o ON o.id = l.organization_id
         ORDER BY o.base_url, l.number`);
      return {
        sealedKeys: keys.rows,
        lists: lists.rows.map(({ baseUrl, number, ageS }) => ({
          url: statusUrls(baseUrl, number).token,
          ageS,
        })),
      };
    },
    { silentMs: 10_000 },
  );
}
