import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { createClient } from '../../src/db/client.ts';
import { createReaders } from '../../src/db/create-readers.ts';
import { PostgresUnitOfWork, type UnitOfWorkDeps } from '../../src/db/unit-of-work.ts';
import type { PublicDocument } from '../../src/publication/public-document.ts';
import { createTestDatabase } from '../support/database.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';
import { accessStoreContract } from './access-store.contract.ts';
import { agentStoreContract } from './agent-store.contract.ts';
import { auditTrailContract } from './audit-trail.contract.ts';
import { auditTreeContract } from './audit-tree.contract.ts';
import { credentialStoreContract } from './credential-store.contract.ts';
import { customTypeStoreContract } from './custom-type-store.contract.ts';
import { enrolmentStoreContract, templateStoreContract } from './enrolment-store.contract.ts';
import { noon } from './entities.ts';
import { estateStoresContract } from './estate-stores.contract.ts';
import { deliveryStoreContract, subscriptionStoreContract } from './event-stores.contract.ts';
import { inventoryReaderContract } from './inventory-reader.contract.ts';
import { didStoreContract, keyStoreContract } from './key-store.contract.ts';
import { apiTokenStoreContract, organizationStoreContract } from './organization-store.contract.ts';
import { publicDocumentStoreContract } from './public-document-store.contract.ts';
import { rememberedRequestStoreContract } from './remembered-request-store.contract.ts';
import { rotationStoreContract } from './rotation-store.contract.ts';
import { statusStoreContract } from './status-store.contract.ts';
import { unitOfWorkContract } from './unit-of-work.contract.ts';
import {
  exchangeStoreContract,
  workloadRuleStoreContract,
} from './workload-rule-store.contract.ts';
import type { StoreWorld } from './world.ts';

const clock = { now: () => noon() };

interface Backend {
  /** An empty world for one test. */
  open(): Promise<StoreWorld>;
  close(): Promise<void>;
}

async function startMemory(): Promise<Backend> {
  return {
    open: async () => {
      const announced: PublicDocument[] = [];
      const work = new MemoryDatabase({
        clock,
        home: 'acme.example',
        onPublished: (news) => announced.push(...news),
      });
      return { work, readers: work.readers, announced };
    },
    close: async () => undefined,
  };
}

async function startPostgres(): Promise<Backend> {
  const database = await createTestDatabase();
  const client = createClient(database.connectionString);
  return {
    open: async () => {
      await database.clear();
      const announced: PublicDocument[] = [];
      const onPublished: UnitOfWorkDeps['onPublished'] = (news) => announced.push(...news);
      const work = new PostgresUnitOfWork({ client, clock, home: 'acme.example', onPublished });
      return { work, readers: createReaders(client, { home: 'acme.example' }), announced };
    },
    close: async () => {
      await client.$disconnect();
      await database.drop();
    },
  };
}

describe.each([
  ['memory', startMemory],
  ['PostgreSQL', startPostgres],
])('in %s', (_, start) => {
  let backend: Backend;
  let current: StoreWorld;
  const world = (): StoreWorld => current;

  beforeAll(async () => {
    backend = await start();
  });

  beforeEach(async () => {
    current = await backend.open();
  });

  afterAll(() => backend.close());

  describe('unit of work', () => unitOfWorkContract(world));
  describe('organizations', () => organizationStoreContract(world));
  describe('API tokens', () => apiTokenStoreContract(world));
  describe('rotations of keys', () => rotationStoreContract(world));
  describe('workload rules', () => workloadRuleStoreContract(world));
  describe('exchanges', () => exchangeStoreContract(world));
  describe('agents', () => agentStoreContract(world));
  describe('keys', () => keyStoreContract(world));
  describe('DIDs', () => didStoreContract(world));
  describe('status', () => statusStoreContract(world));
  describe('credentials', () => credentialStoreContract(world));
  describe('credential types', () => customTypeStoreContract(world));
  describe('public documents', () => publicDocumentStoreContract(world));
  describe('remembered requests', () => rememberedRequestStoreContract(world));
  describe('enrolments', () => enrolmentStoreContract(world));
  describe('templates', () => templateStoreContract(world));
  describe('subscriptions', () => subscriptionStoreContract(world));
  describe('deliveries', () => deliveryStoreContract(world));
  describe('the estate', () => estateStoresContract(world));
  describe('the inventory', () => inventoryReaderContract(world));
  describe('access', () => accessStoreContract(world));
  describe('audit trail', () => auditTrailContract(world));
  describe('audit tree', () => auditTreeContract(world));
});
