import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyMigrations } from '../../src/db/apply-migrations.ts';
import type { DatabaseFault } from '../../src/db/database-fault.ts';
import { examineDatabase } from '../../src/db/examine-database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';
import { startPooler } from '../support/pooler.ts';

const needs = { role: 'all', maxConnections: 16 } as const;
const replica = { role: 'public', maxConnections: 16 } as const;

function brief(faults: readonly DatabaseFault[]): string[] {
  return faults.map(({ code, detail, stops }) => `${stops ? '' : 'warning '}${code}: ${detail}`);
}

describe('a database that we were given', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase('empty');
  });

  afterEach(() => database.drop());

  it('is in order when it is like the embedded one, empty or migrated', async () => {
    expect(await examineDatabase(database.connectionString, needs)).toEqual([]);
    await applyMigrations(database.connectionString);
    expect(await examineDatabase(database.connectionString, needs)).toEqual([]);
    expect(await examineDatabase(database.connectionString, replica)).toEqual([]);
  });

  it('is examined and not changed', async () => {
    await examineDatabase(database.connectionString, needs);
    const found = await examineDatabase(database.connectionString, replica);
    expect(found.map(({ code }) => code)).toEqual(['database-schema-older']);
  });
});

describe('a server of one’s own', () => {
  let server: OwnPostgres;

  beforeAll(async () => {
    server = await startOwnPostgres({ settings: { max_connections: '30' } });
    await server.run("CREATE ROLE app LOGIN PASSWORD 'p?w'");
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  beforeEach(() => server.run('CREATE DATABASE registry OWNER app'));

  afterEach(() => server.run('DROP DATABASE registry WITH (FORCE)'));

  const url = () => server.url('app:p%3Fw', 'registry');

  it('is in order for a role that owns its database', async () => {
    expect(await examineDatabase(url(), needs)).toEqual([]);
  });

  it.each([
    ['fsync', 'a crash of the machine could destroy the whole database'],
    ['full_page_writes', 'a crash of the machine could leave half-written pages'],
  ])('is refused while %s is off', async (name, danger) => {
    await server.run(`ALTER SYSTEM SET ${name} = off`);
    await server.run('SELECT pg_reload_conf()');
    try {
      await expect
        .poll(async () => brief(await examineDatabase(url(), needs)))
        .toEqual([`database-not-durable: ${name} is off: ${danger}.`]);
      expect(await examineDatabase(url(), { ...replica, role: 'admin' })).toHaveLength(1);
    } finally {
      await server.run(`ALTER SYSTEM RESET ${name}`);
      await server.run('SELECT pg_reload_conf()');
    }
  });

  it('is refused when a commit is acknowledged before it is written', async () => {
    await server.run('ALTER DATABASE registry SET synchronous_commit = off');
    expect(brief(await examineDatabase(url(), needs))).toEqual([
      'database-not-durable: synchronous_commit is off: a revocation that was acknowledged could be forgotten.',
    ]);
    await server.run("ALTER DATABASE registry SET synchronous_commit = 'local'");
    expect(await examineDatabase(url(), needs)).toEqual([]);
  });

  it('is refused when transactions are read-only, unless only documents are read', async () => {
    await applyMigrations(url());
    await server.run('ALTER DATABASE registry SET default_transaction_read_only = on');
    expect(brief(await examineDatabase(url(), needs))).toEqual([
      'database-read-only: Transactions are read-only (default_transaction_read_only).',
    ]);
    expect(await examineDatabase(url(), replica)).toEqual([]);
  });

  it('is refused when it is a replica, unless only documents are read', async () => {
    await using standby = await startOwnPostgres({ isReplica: true });
    expect(brief(await examineDatabase(standby.adminUrl, needs))).toEqual([
      'database-read-only: The server is a replica, and takes no writes.',
    ]);
    expect((await examineDatabase(standby.adminUrl, replica)).map(({ code }) => code)).toEqual([
      'database-schema-older',
    ]);
  });

  it('is refused in another encoding', async () => {
    await server.run(
      "CREATE DATABASE latin OWNER app ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    );
    expect(brief(await examineDatabase(server.url('app:p%3Fw', 'latin'), needs))).toEqual([
      'database-encoding: The database is in LATIN1, which cannot hold every name.',
    ]);
    await server.run('DROP DATABASE latin');
  });

  it('is refused without room for the pool, by whatever limit', async () => {
    const room = (granted: number, pool: number) =>
      `database-connections: The pool may open ${pool} connections and the process 2 beside it, and the server grants ${granted}.`;
    const big = { ...needs, maxConnections: 40 };
    expect(brief(await examineDatabase(url(), big))).toEqual([room(27, 40)]);
    await server.run('ALTER DATABASE registry CONNECTION LIMIT 12');
    expect(brief(await examineDatabase(url(), needs))).toEqual([room(12, 16)]);
    await server.run('ALTER ROLE app CONNECTION LIMIT 5');
    expect(brief(await examineDatabase(url(), needs))).toEqual([room(5, 16)]);
    await server.run('ALTER ROLE app CONNECTION LIMIT -1');
  });

  it('is refused to a role that may make no table, and says where', async () => {
    await server.run('CREATE DATABASE others');
    const others = server.url('app:p%3Fw', 'others');
    expect(brief(await examineDatabase(others, needs))).toEqual([
      'database-not-permitted: The role lacks CREATE on the schema public.',
    ]);
    await server.run('REVOKE USAGE ON SCHEMA public FROM PUBLIC', 'others');
    expect(brief(await examineDatabase(others, needs))).toEqual([
      'database-not-permitted: The role may use no schema of its search_path.',
    ]);
    await server.run('DROP DATABASE others WITH (FORCE)');
  });

  it('is refused to a role that may not write, by table', async () => {
    await applyMigrations(url());
    await server.run("CREATE ROLE reader LOGIN PASSWORD 'r'");
    await server.run('GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader', 'registry');
    await server.run('GRANT INSERT ON agents TO reader', 'registry');
    const found = brief(await examineDatabase(server.url('reader:r', 'registry'), needs));
    expect(found[0]).toBe(
      'database-not-permitted: The role lacks INSERT, UPDATE, DELETE on _prisma_migrations.',
    );
    expect(found).toContain('database-not-permitted: The role lacks UPDATE, DELETE on agents.');
    expect(await examineDatabase(server.url('reader:r', 'registry'), replica)).toEqual([]);
    await server.run('REVOKE SELECT ON public_documents FROM reader', 'registry');
    expect(brief(await examineDatabase(server.url('reader:r', 'registry'), replica))).toEqual([
      'database-not-permitted: The role lacks SELECT on public_documents.',
    ]);
    await server.run('DROP OWNED BY reader', 'registry');
    await server.run('DROP ROLE reader');
  });

  it('is refused with a schema of a newer release, and of an older one to who cannot migrate', async () => {
    await applyMigrations(url());
    await server.run(
      "UPDATE _prisma_migrations SET migration_name = '2999_later' WHERE migration_name LIKE '%first_tables'",
      'registry',
    );
    for (const who of [needs, replica]) {
      expect((await examineDatabase(url(), who)).map(({ code }) => code)).toEqual([
        'database-schema',
      ]);
    }
    await server.run(
      "DELETE FROM _prisma_migrations WHERE migration_name = '2999_later'",
      'registry',
    );
    expect(await examineDatabase(url(), needs)).toEqual([]);
    expect((await examineDatabase(url(), replica)).map(({ code }) => code)).toEqual([
      'database-schema-older',
    ]);
  });

  it('is used with a warning when its system sorts otherwise than it did', async () => {
    await server.run(
      "CREATE DATABASE aged OWNER app LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C' TEMPLATE template0",
    );
    await server.run("UPDATE pg_database SET datcollversion = '0.1' WHERE datname = 'aged'");
    expect(brief(await examineDatabase(server.url('app:p%3Fw', 'aged'), needs))).toEqual([
      'warning database-collation: The system of the server sorts text otherwise than when the database was made: indexes may miss rows.',
    ]);
    await server.run('DROP DATABASE aged WITH (FORCE)');
  });

  it('is used with a warning when the clocks are apart', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 60_000 });
    try {
      expect(brief(await examineDatabase(url(), needs))).toEqual([
        expect.stringMatching(
          /^warning database-clock: The clock of the server is (59|6\d) s away/,
        ),
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  describe('behind a pooler', () => {
    const through = async (mode: 'session' | 'transaction', zone: string) => {
      await server.run(`ALTER DATABASE registry SET timezone = '${zone}'`);
      const folder = new URL(server.adminUrl).searchParams.get('host');
      const socketPath = `${folder}/.s.PGSQL.${server.port}`;
      await using pooler = await startPooler(
        { socketPath, user: 'app', database: 'registry' },
        mode,
      );
      const found = await examineDatabase(
        `postgresql://app@127.0.0.1:${pooler.port}/registry`,
        needs,
      );
      return brief(found);
    };

    it('is refused when that pools by transaction', async () => {
      expect(await through('transaction', 'UTC')).toEqual([
        'database-pooler: A pooler in front of the server pools by transaction or statement.',
      ]);
    });

    it('is used with a warning when that pools by session', async () => {
      expect(await through('session', 'UTC')).toEqual([
        'warning database-pooler: A pooler stands in front of the server; it has to pool by session.',
      ]);
    });

    it('is refused when that drops the time zone', async () => {
      expect(await through('session', 'Asia/Tokyo')).toEqual([
        'database-session: Sessions write dates in Asia/Tokyo and the style ISO, MDY, although UTC and ISO were asked for.',
        'warning database-pooler: A pooler stands in front of the server; it has to pool by session.',
      ]);
    });
  });
});
