import type { Readers, Stores } from '../../src/db/stores.ts';
import type { UnitOfWork } from '../../src/kernel/unit-of-work.ts';
import type { PublicDocument } from '../../src/publication/public-document.ts';

/** An empty database, of whatever kind, that the contracts are checked on. */
export interface StoreWorld {
  readonly work: UnitOfWork<Stores>;
  readonly readers: Readers;
  /** What the unit of work announced as published, in order. */
  readonly announced: readonly PublicDocument[];
}

/** Gives the world of the test that runs. */
export type WorldSource = () => StoreWorld;
