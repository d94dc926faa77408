import pg from 'pg';
import { connectOptions } from './connect-options.ts';

const askEveryMs = 400;
/** A server that leaves a question for so long is away; calls are then answered within 2 seconds. */
const patienceMs = 1_500;
/** An answer takes this long at most, or the connection is given up. */
const silentMs = 5_000;
/**
 * Keys of two numbers are apart from those of one, which migrations take. The second number is the
 * schema: two registries in one database have a lease each.
 */
const takeLease = `SELECT pg_try_advisory_lock(24225, oid::int4) AS held
  FROM pg_namespace WHERE nspname = current_schema()`;
const keepLease = 'SELECT true AS held';
/** A machine that vanishes loses the lease within some ten seconds, and not after the system's hours. */
const noticeVanished =
  'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3';

/**
 * Asks the database again and again over a connection of its own: whether it answers, and whether
 * this process holds the lease on what only one process does at a time. The lease is an advisory
 * lock of that session, so it ends with the connection, however that ends, and another process that
 * watches takes it within a second.
 */
export class DatabaseWatch implements AsyncDisposable {
  readonly #config: pg.ClientConfig;
  readonly #listeners = new Set<() => void>();
  #client: pg.Client | null = null;
  #timer: NodeJS.Timeout | null = null;
  #asking: Promise<void> | null = null;
  #isUp = false;
  #holdsLease = false;

  private constructor(connectionString: string) {
    this.#config = {
      ...connectOptions(connectionString, { kind: 'service', silentMs }),
      connectionTimeoutMillis: patienceMs,
    };
  }

  /** Resolves once the first question is answered, or was left without an answer. */
  static async start(connectionString: string): Promise<DatabaseWatch> {
    const watch = new DatabaseWatch(connectionString);
    await watch.#ask();
    watch.#timer = setInterval(() => {
      watch.#asking ??= watch.#ask().finally(() => {
        watch.#asking = null;
      });
    }, askEveryMs);
    return watch;
  }

  /** Whether the database answered when it was asked last. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Whether this process, and no other, holds the lease. */
  get holdsLease(): boolean {
    return this.#holdsLease;
  }

  /** Calls back when the database stops answering; the returned function ends that. */
  onLost(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Gives the lease back. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#asking;
    await this.#hangUp();
  }

  async #ask(): Promise<void> {
    let answered = false;
    // An answer that came while this process was busy is read before the verdict.
    const late = setTimeout(() => {
      setImmediate(() => {
        if (!answered) this.#lose();
      });
    }, patienceMs);
    try {
      this.#holdsLease = await this.#askTwice();
      answered = true;
      this.#isUp = true;
    } catch {
      answered = true;
      await this.#hangUp();
      this.#lose();
    } finally {
      clearTimeout(late);
    }
  }

  /** A session that was ended is no sign that the server is away: a new one is asked. */
  async #askTwice(): Promise<boolean> {
    if (this.#client === null) return this.#question();
    try {
      return await this.#question();
    } catch {
      await this.#hangUp();
      return this.#question();
    }
  }

  async #question(): Promise<boolean> {
    this.#client ??= await this.#connect();
    const { rows } = await this.#client.query<{ held: boolean }>(
      this.#holdsLease ? keepLease : takeLease,
    );
    return rows[0]?.held === true;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    // Whoever asks next hears of it.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(noticeVanished);
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** The lease goes with the session. */
  async #hangUp(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    this.#holdsLease = false;
    await client?.end().catch(() => undefined);
  }

  #lose(): void {
    this.#isUp = false;
    this.#holdsLease = false;
    for (const listener of [...this.#listeners]) listener();
  }
}
