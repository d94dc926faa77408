import type {
  AuditTreeReader,
  AuditTreeStore,
  RecordLink,
  SignedCheckpoint,
} from '../audit/tree-store.ts';
import { type Tile, tileWidth } from '../audit/tree-tiles.ts';
import type { Connection } from './client.ts';
import type { AuditCheckpoint as Row } from './generated/client.ts';

/** The number of the lock under which the tree grows: the letters "tree". */
const treeLock = 0x74_72_65_65;

/** The tiles of the tree over the audit records, and its checkpoints. */
export class PostgresAuditTreeReader implements AuditTreeReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async countRecords(): Promise<number> {
    const head = await this.db.auditHead.findUnique({ where: { id: 1 } });
    return Number(head?.sequence ?? 0);
  }

  async countLeaves(): Promise<number> {
    const [last] = await this.db.$queryRaw<{ place: bigint; count: number }[]>`
      SELECT place, length(hashes) / 32 AS count FROM audit_tiles
       WHERE level = 0 ORDER BY place DESC LIMIT 1`;
    return last === undefined ? 0 : Number(last.place) * tileWidth + last.count;
  }

  async findTile(level: number, place: number): Promise<Uint8Array | null> {
    const row = await this.db.auditTile.findUnique({
      where: { level_place: { level, place } },
      select: { hashes: true },
    });
    return row?.hashes ?? null;
  }

  async readLinks(after: number, limit: number): Promise<readonly RecordLink[]> {
    const rows = await this.db.auditRecord.findMany({
      where: { sequence: { gt: after } },
      orderBy: { sequence: 'asc' },
      take: limit,
      select: { sequence: true, previousHash: true, hash: true },
    });
    return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
  }

  async lastCheckpoint(): Promise<SignedCheckpoint | null> {
    const row = await this.db.auditCheckpoint.findFirst({ orderBy: { size: 'desc' } });
    return row === null ? null : toCheckpoint(row);
  }

  async listCheckpoints(after: number, limit: number): Promise<readonly SignedCheckpoint[]> {
    const rows = await this.db.auditCheckpoint.findMany({
      where: { size: { gt: after } },
      orderBy: { size: 'asc' },
      take: limit,
    });
    return rows.map(toCheckpoint);
  }
}

/** Grows the tree under a lock of its own: writers of records never wait for it. */
export class PostgresAuditTreeStore extends PostgresAuditTreeReader implements AuditTreeStore {
  async lock(): Promise<void> {
    await this.db.$executeRaw`SELECT pg_advisory_xact_lock(${treeLock}::bigint)`;
  }

  async putTiles(tiles: readonly Tile[]): Promise<void> {
    await this.db.$executeRaw`
      INSERT INTO audit_tiles (level, place, hashes)
      SELECT level, place, decode(hashes, 'hex') FROM unnest(
        ${tiles.map(({ level }) => level)}::int[],
        ${tiles.map(({ place }) => place)}::bigint[],
        ${tiles.map(({ hashes }) => Buffer.from(hashes).toString('hex'))}::text[]
      ) AS tiles (level, place, hashes)
      ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes`;
  }

  async insertCheckpoint(checkpoint: SignedCheckpoint): Promise<void> {
    await this.db.auditCheckpoint.create({ data: { ...checkpoint } });
  }
}

function toCheckpoint({ size, note, signedAt }: Row): SignedCheckpoint {
  return { size: Number(size), note, signedAt };
}
