import { expect, it } from 'vitest';
import { beginCopy, copySequences, copyTable } from '../../src/db/copy-table.ts';
import { readTables } from '../../src/db/read-tables.ts';
import { withClient } from '../../src/db/with-client.ts';
import { createTestDatabase } from '../support/database.ts';

const insertState = `INSERT INTO agent_state_changes (agent_id, state, since)
  VALUES ('agt_1', 'active', now()) RETURNING id::int`;

it('goes on counting where the source stood', async () => {
  const [from, to] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await withClient(from.connectionString, async (source) => {
    for (const _ of [1, 2, 3]) await source.query(insertState);
    await withClient(to.connectionString, async (target) => {
      await beginCopy(source, target);
      const tables = await readTables(source);
      const table = tables.find(({ name }) => name === 'agent_state_changes');
      if (table === undefined) throw new Error('no table');
      expect(await copyTable(source, target, table)).toBe(3);
      await copySequences(source, target);
      await target.query('COMMIT');
      expect((await target.query<{ id: number }>(insertState)).rows).toEqual([{ id: 4 }]);
      const other = `INSERT INTO ended_suspensions (holder, cause, began_at, ended_at)
        VALUES ('crd_1', 'itself', now(), now()) RETURNING id::int`;
      expect((await target.query<{ id: number }>(other)).rows).toEqual([{ id: 1 }]);
    });
  });
  await Promise.all([from.drop(), to.drop()]);
});
