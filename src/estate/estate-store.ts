import type { FindingReader, FindingStore } from './finding-store.ts';
import type { ImportReader, ImportStore } from './import-store.ts';
import type { InventoryReader } from './inventory.ts';
import type { OwnerReader, OwnerStore } from './owner-store.ts';
import type { RuleReader, RuleStore } from './rule-store.ts';
import type { SightingReader, SightingStore } from './sighting-store.ts';

/** The stores of this room, under the names that they have in a unit of work. */
export interface EstateStores {
  readonly owners: OwnerStore;
  readonly imports: ImportStore;
  readonly rules: RuleStore;
  readonly findings: FindingStore;
  readonly sightings: SightingStore;
}

/** The same for reading. */
export interface EstateReaders {
  readonly owners: OwnerReader;
  readonly imports: ImportReader;
  readonly rules: RuleReader;
  readonly findings: FindingReader;
  readonly sightings: SightingReader;
  readonly inventory: InventoryReader;
}
