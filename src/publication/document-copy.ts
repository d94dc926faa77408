import type { PublicDocument } from './public-document.ts';

/**
 * Keeps the present version of every public document where it outlives the database and the
 * process. A document whose octets are not those that were kept counts as not there.
 */
export interface DocumentCopy {
  /** Whether it holds everything that was published until a moment ago. */
  readonly isInStep: boolean;
  /** How many documents there are. */
  readonly size: number;
  /** The version that is kept; 0 when there is none. */
  versionOf(path: string): number;
  find(path: string): Promise<PublicDocument | null>;
  /** Takes newer versions in; they are found at once and durable after `flush`. */
  keep(documents: readonly PublicDocument[]): void;
  /** Resolves once what was taken in is durable. What cannot be written is given up. */
  flush(): Promise<void>;
  /** Lets go of paths that are published no more. */
  drop(paths: readonly string[]): void;
  paths(): Iterable<string>;
  /** Something was published that it may not have: it has to be compared anew. */
  doubt(): void;
  /** A comparison with all that is published begins. */
  beginComparison(): void;
  /** It is over: the copy is in step, unless something was given up meanwhile. */
  endComparison(): Promise<void>;
  /** Says which database the documents are from; a copy of another one is given up. */
  belongTo(source: string): Promise<void>;
}
