import type { Identifier } from './identifier.ts';

export interface DidReader {
  find(did: string): Promise<Identifier | null>;
}

export interface DidStore extends DidReader {
  /** Throws `handle-taken` when the DID exists already. */
  insert(identifier: Identifier): Promise<void>;
}
