import type { Identifier } from './identifier.ts';

/** Reads the identifiers that we host. */
export interface DidReader {
  find(did: string): Promise<Identifier | null>;
}

/** Writes identifiers, inside a unit of work. */
export interface DidStore extends DidReader {
  /** Throws `handle-taken` when the DID exists already. */
  insert(identifier: Identifier): Promise<void>;
}
