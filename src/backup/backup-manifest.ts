/** A row as texts of PostgreSQL, in the order of the columns; null stands for NULL. */
export type BackupRow = readonly (string | null)[];

/** A table as it is in a backup. */
export interface BackupTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** A table with what its part of the file has to amount to. */
export interface BackupPart extends BackupTable {
  readonly rows: number;
  /** Of the lines of its rows, in hex. */
  readonly sha256: string;
}

/** Where a sequence of the database stands. */
export interface BackupSequence {
  readonly name: string;
  readonly last: string;
  readonly called: boolean;
}

/** What a backup is a backup of. */
export interface BackupSnapshot {
  /** The release that wrote it. */
  readonly release: string;
  readonly createdAt: string;
  /** The schema: the migrations that were applied, in order. */
  readonly migrations: readonly string[];
  /** The newest audit record in it: what is younger is not in it. */
  readonly audit: { readonly sequence: number; readonly hash: string };
  readonly sequences: readonly BackupSequence[];
}

/** The last line of a backup. */
export interface BackupManifest extends BackupSnapshot {
  readonly format: 'sealwright-backup';
  readonly version: 1;
  readonly parts: readonly BackupPart[];
}
