import type {
  AuditTreeReader,
  AuditTreeStore,
  RecordLink,
  SignedCheckpoint,
} from '../../../src/audit/tree-store.ts';
import { type Tile, tileWidth } from '../../../src/audit/tree-tiles.ts';
import type { StateSource } from './memory-state.ts';

export class MemoryAuditTreeReader implements AuditTreeReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async countRecords(): Promise<number> {
    return this.state().audit.length;
  }

  async countLeaves(): Promise<number> {
    const places = [...this.state().auditTiles.values()].filter(({ level }) => level === 0);
    const last = places.sort((one, other) => one.place - other.place).at(-1);
    return last === undefined ? 0 : last.place * tileWidth + last.hashes.length / 32;
  }

  async findTile(level: number, place: number): Promise<Uint8Array | null> {
    return this.state().auditTiles.get(`${level}/${place}`)?.hashes ?? null;
  }

  async readLinks(after: number, limit: number): Promise<readonly RecordLink[]> {
    return this.state()
      .audit.filter(({ record }) => record.sequence > after)
      .slice(0, limit)
      .map(({ record: { sequence, previousHash, hash } }) => ({ sequence, previousHash, hash }));
  }

  async lastCheckpoint(): Promise<SignedCheckpoint | null> {
    return this.state().auditCheckpoints.at(-1) ?? null;
  }

  async listCheckpoints(after: number, limit: number): Promise<readonly SignedCheckpoint[]> {
    return this.state()
      .auditCheckpoints.filter(({ size }) => size > after)
      .slice(0, limit);
  }
}

export class MemoryAuditTreeStore extends MemoryAuditTreeReader implements AuditTreeStore {
  async lock(): Promise<void> {
    // Transactions run one by one.
  }

  async putTiles(tiles: readonly Tile[]): Promise<void> {
    for (const tile of tiles) this.state().auditTiles.set(`${tile.level}/${tile.place}`, tile);
  }

  async insertCheckpoint(checkpoint: SignedCheckpoint): Promise<void> {
    this.state().auditCheckpoints.push(checkpoint);
  }
}
