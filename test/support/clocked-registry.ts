import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointFiles } from '../../src/checkpoints/checkpoint-file.ts';
import { agentPages } from '../../src/console/agent-pages.ts';
import { createClient } from '../../src/db/client.ts';
import { createReaders } from '../../src/db/create-readers.ts';
import { PostgresUnitOfWork } from '../../src/db/unit-of-work.ts';
import type { JudgeOutside } from '../../src/estate/imported-credential.ts';
import { createApp } from '../../src/http/app.ts';
import { startListeners } from '../../src/http/listeners.ts';
import { createLog } from '../../src/http/log.ts';
import { arrangePlanes } from '../../src/http/planes.ts';
import { RateLimits } from '../../src/http/rate-limits.ts';
import { CheckpointKeeper, logOriginOf } from '../../src/journeys/checkpoint-keeper.ts';
import { createOrganization } from '../../src/journeys/create-organization.ts';
import { createRegistry } from '../../src/journeys/create-registry.ts';
import { createIssuePapers } from '../../src/journeys/issue-papers.ts';
import { keepPapers } from '../../src/journeys/keep-papers.ts';
import { IssuerDirectory } from '../../src/keys/issuer.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { tokenScopes } from '../../src/organizations/api-token.ts';
import { createApiToken } from '../../src/organizations/create-api-token.ts';
import { DocumentMemory } from '../../src/publication/document-memory.ts';
import { publishStatusList } from '../../src/status/publish-status-list.ts';
import { StatusPublisher } from '../../src/status/status-publisher.ts';
import { makeAuditKey } from '../../src/veramo/audit-key.ts';
import { createVeramoIdentityProvider } from '../../src/veramo/veramo-identity-provider.ts';
import { createVeramoSigner } from '../../src/veramo/veramo-signer.ts';
import { readSchemas } from '../credentials/read-schemas.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { newSeal } from '../veramo/made-keys.ts';
import { createTestDatabase } from './database.ts';
import { quietOutside } from './quiet-outside.ts';
import { freePort } from './running-service.ts';
import { createStubVerifier } from './stub-verifier.ts';

/** What the API answered. */
export interface ClockedAnswer {
  readonly status: number;
  // The API's answers are JSON of many shapes; tests name the members they look at.
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * The registry over HTTP and on PostgreSQL as it runs, but for the time: its clock stands until it is
 * moved, and its rounds are run by hand.
 */
export async function startClockedRegistry(options: { readonly judgeOutside?: JudgeOutside } = {}) {
  const database = await createTestDatabase();
  const client = createClient(database.connectionString);
  const url = `http://localhost:${await freePort()}`;
  const clock = new SettableClock();
  const copies = await mkdtemp(join(tmpdir(), 'sealwright-checkpoints-'));
  const opened = await openOn(client, { url, clock, copies });
  const { memory, organization } = opened;
  const deps = { ...opened.deps, ...options };
  const registry = createRegistry(deps);
  const actor = { kind: 'token', id: 'tok_1' } as const;
  const order = { organizationId: organization.id, actor, name: 'test', scopes: tokenScopes };
  const { text } = await createApiToken(deps, { ...order, platform: true, expiresAt: null });
  const metrics = new Metrics();
  const app = createApp({
    limits: new RateLimits({ clock, perMinute: null }),
    ...{ registry, clock, metrics, origin: url, log: createLog('silent') },
    verifierOf: createStubVerifier,
    checkReadiness: async () => [],
  });
  const planes = arrangePlanes(
    { adminListen: undefined, role: 'all' },
    { documents: memory, hosts: memory.hosts, app, metrics, clock, origin: url },
  );
  const listen = { host: '127.0.0.1', port: Number(new URL(url).port) };
  // As the service does before it listens: the first lists are published by a round.
  await keepPapers(deps);
  const listeners = await startListeners(
    { listen, adminListen: undefined, tls: undefined },
    planes,
  );
  return {
    ...{ url, clock, organization, registry, deps },
    connectionString: database.connectionString,
    /** The text of a token with every scope. */
    token: text,
    /** One round of what the registry owes. */
    keep: () => keepPapers(deps),
    call: (method: string, path: string, body?: object) =>
      callApi(`${url}/api/v1${path}`, { method, body, token: text }),
    [Symbol.asyncDispose]: async () => {
      await listeners.close();
      await client.$disconnect();
      await database.drop();
      await rm(copies, { recursive: true });
    },
  };
}

export type ClockedRegistry = Awaited<ReturnType<typeof startClockedRegistry>>;

async function openOn(
  client: ReturnType<typeof createClient>,
  place: { readonly url: string; readonly clock: SettableClock; readonly copies: string },
) {
  const { url, clock, copies } = place;
  const seal = newSeal();
  const home = new URL(url).host;
  const readers = createReaders(client, { home });
  const memory = new DocumentMemory(readers.documents, { maxBytes: 64 * 1_024 * 1_024 });
  const onPublished = memory.apply.bind(memory);
  const work = new PostgresUnitOfWork({ client, clock, home, onPublished });
  const identities = createVeramoIdentityProvider({ seal });
  const organization = await createOrganization(
    { work, identities, clock },
    { baseUrl: url, name: 'Acme', contact: 'platform@acme.com' },
  );
  const issuers = new IssuerDirectory(readers);
  const signer = createVeramoSigner({ seal });
  const lists = new StatusPublisher((id) =>
    publishStatusList({ work, status: readers.status, issuers, signer, clock }, id),
  );
  const schemas = readSchemas();
  const papers = {
    ...{ work, issuers, signer, schemas, lists, pages: agentPages, clock, loopback: true },
  };
  const issuePapers = createIssuePapers(papers);
  const checkpoints = new CheckpointKeeper({
    ...{ ...readers, work, signer, clock },
    makeAuditKey: (order) => makeAuditKey(seal, order),
    copies: new CheckpointFiles(copies),
    logOrigin: logOriginOf(url),
    organizationId: organization.id,
    onSigned: () => undefined,
  });
  return {
    memory,
    organization,
    deps: {
      ...{ ...readers, ...papers, identities, issuePapers, seal, ...quietOutside() },
      checkpoints,
    },
  };
}

async function callApi(
  url: string,
  order: { readonly method: string; readonly body: object | undefined; readonly token: string },
): Promise<ClockedAnswer> {
  const response = await fetch(url, {
    method: order.method,
    headers: { authorization: `Bearer ${order.token}`, 'content-type': 'application/json' },
    ...(order.body === undefined ? {} : { body: JSON.stringify(order.body) }),
  });
  return { status: response.status, body: await response.json() };
}
