import type { EstateReaders, EstateStores } from '../estate/estate-store.ts';
import type { Connection } from './client.ts';
import { PostgresFindingReader, PostgresFindingStore } from './finding-store.ts';
import { PostgresImportReader, PostgresImportStore } from './import-store.ts';
import { PostgresInventoryReader } from './inventory-reader.ts';
import { PostgresOwnerReader, PostgresOwnerStore } from './owner-store.ts';
import { PostgresRuleReader, PostgresRuleStore } from './rule-store.ts';
import { PostgresSightingReader, PostgresSightingStore } from './sighting-store.ts';

/** The stores of the estate in one transaction. */
export function estateStoresOn(db: Connection): EstateStores {
  return {
    owners: new PostgresOwnerStore(db),
    imports: new PostgresImportStore(db),
    rules: new PostgresRuleStore(db),
    findings: new PostgresFindingStore(db),
    sightings: new PostgresSightingStore(db),
  };
}

/** What of the estate may be read outside a unit of work. */
export function estateReadersOn(db: Connection): EstateReaders {
  return {
    owners: new PostgresOwnerReader(db),
    imports: new PostgresImportReader(db),
    rules: new PostgresRuleReader(db),
    findings: new PostgresFindingReader(db),
    sightings: new PostgresSightingReader(db),
    inventory: new PostgresInventoryReader(db),
  };
}
