import type { PublicDocument } from './public-document.ts';

/** Which version of a path somebody holds. */
export type HeldVersion = Pick<PublicDocument, 'path' | 'version'>;

/** What was published since somebody asked before. */
export interface Publications {
  /** The newest version of each path; null when the database was set back, so that it cannot tell. */
  readonly published: readonly HeldVersion[] | null;
  /** Where to go on next time. */
  readonly upTo: string;
}

/** Reads published documents; it has no write method, so a replica may serve it. */
export interface PublicDocumentReader {
  find(path: string): Promise<PublicDocument | null>;
  /**
   * What transactions published that were not over at `since`, an `upTo` of before; null asks for the
   * place alone. Nothing that is durable is ever left out, and some of it may be told twice.
   */
  listPublished(since: string | null): Promise<Publications>;
  /** The present versions of the paths after one, in an order that stays the same. */
  listPresent(after: string, limit: number): Promise<readonly HeldVersion[]>;
  /** Names the database by what a restored or moved one has in common with it. */
  readSource(): Promise<string>;
  /** The present versions of those that were published anew since, in no particular order. */
  listNewer(held: readonly HeldVersion[]): Promise<readonly PublicDocument[]>;
  /** Earlier and present versions under a path prefix, newest first. */
  listVersions(pathPrefix: string, limit: number): Promise<readonly PublicDocument[]>;
}

/** Writes published documents, inside a unit of work. */
export interface PublicDocumentStore extends PublicDocumentReader {
  /**
   * Stores each as the next version of its path. A draft whose octets, headers and state equal the
   * present version changes nothing and is not returned, nor is a tombstone where nothing ever was.
   */
  publishAll(drafts: readonly PublishOrder[]): Promise<readonly PublicDocument[]>;
}

/** A document with the sha-256 already taken, as the store wants it. */
export type PublishOrder = Omit<PublicDocument, 'version'>;
