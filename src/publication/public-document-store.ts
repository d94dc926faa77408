import type { PublicDocument } from './public-document.ts';

/** Which version of a path somebody holds. */
export type HeldVersion = Pick<PublicDocument, 'path' | 'version'>;

/** Reads published documents; it has no write method, so a replica may serve it. */
export interface PublicDocumentReader {
  find(path: string): Promise<PublicDocument | null>;
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
