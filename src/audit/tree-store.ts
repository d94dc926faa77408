import type { Tile } from './tree-tiles.ts';

/** A checkpoint that was signed, as it is kept. */
export interface SignedCheckpoint {
  readonly size: number;
  /** The whole note with its signatures. */
  readonly note: string;
  readonly signedAt: Date;
}

/** A record as the tree takes it in. */
export interface RecordLink {
  readonly sequence: number;
  readonly previousHash: string;
  readonly hash: string;
}

/** Reads the tree over the records, and the checkpoints that were signed of it. */
export interface AuditTreeReader {
  /** How many records there are, by the head of the chain. */
  countRecords(): Promise<number>;
  /** How many of them the tree has as leaves. */
  countLeaves(): Promise<number>;
  findTile(level: number, place: number): Promise<Uint8Array | null>;
  /** The links of the records after this one, in order. */
  readLinks(after: number, limit: number): Promise<readonly RecordLink[]>;
  lastCheckpoint(): Promise<SignedCheckpoint | null>;
  /** All checkpoints of more than `after` leaves, the smallest first. */
  listCheckpoints(after: number, limit: number): Promise<readonly SignedCheckpoint[]>;
}

/** Grows the tree, inside a unit of work. */
export interface AuditTreeStore extends AuditTreeReader {
  /** Until the transaction ends nobody else grows the tree or keeps a checkpoint. */
  lock(): Promise<void>;
  putTiles(tiles: readonly Tile[]): Promise<void>;
  insertCheckpoint(checkpoint: SignedCheckpoint): Promise<void>;
}

/** Copies of the signed checkpoints in a second place, where whoever rewrites the database is not. */
export interface CheckpointCopies {
  /** The checkpoint is durable there when this resolves. */
  append(checkpoint: SignedCheckpoint): Promise<void>;
  last(): Promise<SignedCheckpoint | null>;
  /** All of them, in the order in which they were signed. */
  all(): Promise<readonly SignedCheckpoint[]>;
}
