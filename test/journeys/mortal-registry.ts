import { createClient } from '../../src/db/client.ts';
import { createReaders } from '../../src/db/create-readers.ts';
import type { Stores } from '../../src/db/stores.ts';
import { PostgresUnitOfWork } from '../../src/db/unit-of-work.ts';
import { createRegistry } from '../../src/journeys/create-registry.ts';
import { createIssuePapers } from '../../src/journeys/issue-papers.ts';
import { type KeptPapers, keepPapers } from '../../src/journeys/keep-papers.ts';
import { openOrganization } from '../../src/journeys/open-organization.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import type { UnitOfWork } from '../../src/kernel/unit-of-work.ts';
import { IssuerDirectory } from '../../src/keys/issuer.ts';
import type { KeySeal } from '../../src/keys/key-seal.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { publishStatusList } from '../../src/status/publish-status-list.ts';
import { StatusPublisher } from '../../src/status/status-publisher.ts';
import { createVeramoIdentityProvider } from '../../src/veramo/veramo-identity-provider.ts';
import { createVeramoSigner } from '../../src/veramo/veramo-signer.ts';
import { readSchemas } from '../credentials/read-schemas.ts';
import { quietOutside } from '../support/quiet-outside.ts';

/** What a process dies of: the so-manieth signature of papers, or transaction, from now on. */
export interface Death {
  readonly of: 'signature' | 'transaction';
  readonly after: number;
}

/** What outlives a process. */
export interface Estate {
  readonly connectionString: string;
  readonly seal: KeySeal;
  readonly clock: Clock;
}

const schemas = readSchemas();
const pages = { renderAgent: () => 'page', renderCallback: () => 'callback' };

/** One process in the life of a registry on PostgreSQL: once it is dead, nothing of it happens. */
export async function startMortalRegistry({ connectionString, seal, clock }: Estate, death: Death) {
  const client = createClient(connectionString);
  const readers = createReaders(client);
  let left = Number.POSITIVE_INFINITY;
  const approach = (kind: Death['of']): void => {
    if (left > 0 && death.of === kind) left -= 1;
    if (left <= 0) throw new Error('killed');
  };
  const durable = new PostgresUnitOfWork({ client, clock, onPublished: () => undefined });
  const work: UnitOfWork<Stores> = {
    run: async (steps) => {
      if (left <= 0) throw new Error('killed');
      const result = await durable.run(steps);
      approach('transaction');
      return result;
    },
  };
  const signing = createVeramoSigner({ seal });
  const signer: Signer = {
    signCredential: (order) => {
      if (order.payload.includes('"AgentAuthorizationCredential"')) approach('signature');
      return signing.signCredential(order);
    },
    signStatusToken: (order) => signing.signStatusToken(order),
    signSecurityEvent: (order) => signing.signSecurityEvent(order),
    signCheckpoint: (order) => signing.signCheckpoint(order),
    signClientAssertion: (order) => signing.signClientAssertion(order),
  };
  const issuers = new IssuerDirectory(readers);
  const lists = new StatusPublisher((id) =>
    publishStatusList({ work, status: readers.status, issuers, signer, clock }, id),
  );
  const papers = { work, issuers, signer, schemas, lists, pages, clock, loopback: false };
  const identities = createVeramoIdentityProvider({ seal });
  const issuePapers = createIssuePapers(papers);
  const deps = { ...readers, ...papers, identities, issuePapers, seal, ...quietOutside() };
  const organization = await openOrganization(deps, 'https://id.acme.com');
  return {
    readers,
    registry: createRegistry(deps),
    caller: { organizationId: organization.id, actor: { kind: 'token', id: 'tok_1' } } as const,
    /** From now on it may die. */
    arm: () => {
      left = death.after;
    },
    isDead: () => left <= 0,
    keep: (): Promise<KeptPapers> => keepPapers(deps),
    stop: () => client.$disconnect(),
  };
}

export type MortalRegistry = Awaited<ReturnType<typeof startMortalRegistry>>;
