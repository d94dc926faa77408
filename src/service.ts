import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeAdminToken } from './config/admin-token-file.ts';
import { findMasterKey } from './config/master-key.ts';
import type { Settings } from './config/settings.ts';
import { agentPages } from './console/agent-pages.ts';
import { CredentialSchemas } from './credentials/credential-schemas.ts';
import { type Database, openDatabase } from './db/open-database.ts';
import type { DiskCopy } from './disk-copy/disk-copy.ts';
import { judgeEstate, noteSightings } from './estate/judge-estate.ts';
import { Sightings } from './estate/sighting.ts';
import { openDiskCopy, startFollowing } from './follow.ts';
import { createApp } from './http/app.ts';
import { startListeners } from './http/listeners.ts';
import { createLog, type Logger } from './http/log.ts';
import { noteFetches } from './http/note-fetches.ts';
import { createOutsideJudge } from './http/outside-judge.ts';
import { createOwnVerifiers } from './http/own-verifier.ts';
import { arrangePlanes } from './http/planes.ts';
import { problemPages } from './http/problem-pages.ts';
import { RateLimits } from './http/rate-limits.ts';
import { createRegistry, type RegistryDeps } from './journeys/create-registry.ts';
import { createIssuePapers } from './journeys/issue-papers.ts';
import { type KeptPapers, keepPapers } from './journeys/keep-papers.ts';
import { openOrganization } from './journeys/open-organization.ts';
import type { Registry } from './journeys/registry.ts';
import { createTokenJudge } from './judge/create-token-judge.ts';
import { systemClock } from './kernel/clock.ts';
import { IssuerDirectory } from './keys/issuer.ts';
import { KeySeal } from './keys/key-seal.ts';
import { admitOperator } from './organizations/admit-operator.ts';
import type { Organization } from './organizations/organization.ts';
import { facetSchemas } from './protocol/facet.ts';
import { isLoopbackName } from './protocol/host-name.ts';
import { passportSchema } from './protocol/passport.ts';
import { type JsonObject, parseStrictJsonObject } from './protocol/strict-json.ts';
import { DocumentMemory } from './publication/document-memory.ts';
import { createDocumentFollower } from './publication/follow-documents.ts';
import {
  cacheControls,
  type DocumentDraft,
  type DocumentMediaType,
  draftPage,
} from './publication/public-document.ts';
import { publishDocuments } from './publication/publish-documents.ts';
import { forgetRequests } from './requests/answer-once.ts';
import { type Round, startRounds } from './rounds.ts';
import { publishStatusList } from './status/publish-status-list.ts';
import { StatusPublisher } from './status/status-publisher.ts';
import { guardedFetch } from './verifier/node/index.ts';

const memoryBytes = 256 * 1024 * 1024;
const rowsForgotten = 5_000;
const credentialSchemaFiles = { passport: passportSchema, ...facetSchemas };

/** A running registry. Disposing of it stops the listeners, the rounds and the embedded database. */
export interface Service extends AsyncDisposable {
  /** `/readyz` answers 503 from now on, and connections end with their answers. */
  drain(): void;
  /** The base URL of the first organization. */
  readonly url: string;
  /** Where the public listener is bound. */
  readonly listening: string;
  /** The use cases, for callers in the same process. */
  readonly registry: Registry;
  readonly organization: Organization;
}

/**
 * Starts the registry: database, first organization, standing documents, listeners, rounds. Resolves
 * when requests are answered; otherwise throws `start-refused` with the reason and leaves nothing
 * running. A process of the role `public` is `createReplica`'s.
 */
export async function createService(settings: Settings): Promise<Service> {
  if (settings.role === 'public') throw new TypeError('The role public is served by a replica.');
  const log = createLog(settings.logLevel);
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    return { ...(await start({ settings, log, closers })), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Start {
  readonly settings: Settings;
  readonly log: Logger;
  /** What undoes the start, in order. */
  readonly closers: (() => Promise<void>)[];
}

async function start(order: Start): Promise<Omit<Service, typeof Symbol.asyncDispose>> {
  const { settings, log, closers } = order;
  const database = await openDatabase({
    dataDir: settings.dataDir,
    databaseUrl: settings.databaseUrl?.reveal(),
    maxConnections: settings.databasePool,
    log: (message) => log.warn({ message }),
  });
  closers.push(async () => database[Symbol.asyncDispose]());
  const { rooms, organization } = await database.oneAtATime(() => openRegistry(order, database));
  const registry = createRegistry(rooms);
  if (database.watch.holdsLease) await keepPapers(rooms);
  closers.push(startAllRounds(rooms, log));
  const { copy, memory, documents } = rooms;
  if (copy !== null) {
    closers.push(startFollowing(createDocumentFollower({ documents, memory, copy }), log).stop);
  }
  let isDraining = false;
  const app = createApp({
    registry,
    storage: rooms.watch,
    verifierOf: createOwnVerifiers(guardedFetch({ allowLoopback: rooms.loopback })),
    clock: systemClock,
    limits: new RateLimits({ clock: systemClock, perMinute: settings.rateLimit }),
    log,
    origin: settings.origin,
    checkReadiness: async () => [
      { name: 'database', ok: rooms.watch.isUp, isNeeded: settings.role === 'admin' },
      ...(isDraining ? [{ name: 'running', ok: false }] : []),
    ],
  });
  const planes = arrangePlanes(settings, {
    documents: noteFetches(rooms.memory, { ...rooms, origin: settings.origin }),
    app,
    clock: systemClock,
    origin: settings.origin,
  });
  const listeners = await startListeners(settings, planes);
  closers.push(() => listeners.close());
  log.info({ message: 'ready', url: settings.url, listening: listeners.publicUrl });
  const drain = (): void => {
    isDraining = true;
    listeners.drain();
  };
  return { url: settings.url, listening: listeners.publicUrl, registry, organization, drain };
}

/** What a first start makes, and every start makes sure of; processes that start together take turns. */
async function openRegistry(order: Start, database: Database) {
  const { settings } = order;
  const rooms = await wireRooms(order, database);
  const organization = await openOrganization(rooms, settings.url);
  await letOperatorIn(order, { rooms, organization, dataDir: database.dataDir });
  await publishStandingDocuments(rooms, settings.origin);
  return { rooms, organization };
}

/** The ports of all rooms, bound to the database. */
async function wireRooms(order: Start, database: Database) {
  const { settings } = order;
  const { readers } = database;
  const copy = settings.role === 'admin' ? null : await openCopy(order, database.dataDir);
  const memory = new DocumentMemory(readers.documents, { maxBytes: memoryBytes, copy });
  const clock = systemClock;
  const work = database.createUnitOfWork({
    clock,
    onPublished: (documents) => memory.apply(documents),
    onDoubtful: (documents) => memory.forget(documents),
  });
  const masterKey = await findMasterKey({
    given: settings.masterKey,
    dataDir: database.dataDir,
    databaseExists: (await readers.organizations.list()).length > 0,
  });
  const seal = new KeySeal(masterKey.reveal());
  const { createVeramoSigner } = await import('./veramo/veramo-signer.ts');
  const { createVeramoIdentityProvider } = await import('./veramo/veramo-identity-provider.ts');
  const issuers = new IssuerDirectory(readers);
  const signer = createVeramoSigner({ seal });
  const lists = new StatusPublisher((id) =>
    publishStatusList({ work, status: readers.status, issuers, signer, clock }, id),
  );
  const papers = {
    work,
    issuers,
    signer,
    lists,
    clock,
    schemas: readCredentialSchemas(),
    pages: agentPages,
    loopback: isLoopbackName(new URL(settings.url).hostname),
  };
  return {
    ...readers,
    ...papers,
    seal,
    memory,
    copy,
    identities: createVeramoIdentityProvider({ seal }),
    seen: new Sightings(),
    judgeOutside: createOutsideJudge(guardedFetch({ allowLoopback: papers.loopback })),
    issuePapers: createIssuePapers(papers),
    judge: createTokenJudge({
      fetch: guardedFetch({ allowLoopback: papers.loopback }),
      clock,
    }),
    watch: database.watch,
  } satisfies RegistryDeps & Record<string, unknown>;
}

/** The disk copy of the public documents, for processes that serve them. */
async function openCopy({ log, closers }: Start, dataDir: string): Promise<DiskCopy> {
  const copy = await openDiskCopy(dataDir, log);
  closers.push(() => copy[Symbol.asyncDispose]());
  return copy;
}

type Rooms = Awaited<ReturnType<typeof wireRooms>>;

async function letOperatorIn(
  { settings, log }: Start,
  place: { rooms: Rooms; organization: Organization; dataDir: string },
): Promise<void> {
  const given = settings.adminToken?.reveal();
  const text = await admitOperator(place.rooms, { organizationId: place.organization.id, given });
  if (text === null) return;
  const path = await writeAdminToken(place.dataDir, text);
  log.info({ message: 'The first API token was written to a file that only you can read.', path });
}

/** Documents that come with the release: schemas, the JSON-LD context, the pages of problems. */
async function publishStandingDocuments(rooms: Rooms, origin: string): Promise<void> {
  const schemas = Object.values(credentialSchemaFiles).map((name) =>
    draftFile(`/schemas/${name}`, 'application/schema+json', readAsset(`schemas/${name}`)),
  );
  const context = draftFile(
    '/contexts/agent-v1.jsonld',
    'application/ld+json',
    readAsset('public/contexts/agent-v1.jsonld'),
  );
  const pages = problemPages().map(({ path, html }) => draftPage(origin + path, html));
  const drafts = [...schemas, context, ...pages];
  await rooms.work.run((stores) => publishDocuments(stores, { drafts, at: rooms.clock.now() }));
}

function draftFile(path: string, mediaType: DocumentMediaType, body: Uint8Array): DocumentDraft {
  return {
    path,
    mediaType,
    body,
    cacheControl: cacheControls.immutable,
    expiresAt: null,
    link: null,
    keepsVersions: true,
  };
}

function readAsset(path: string): Uint8Array {
  return readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)));
}

function readCredentialSchemas(): CredentialSchemas {
  const { passport, compliance, provenance } = credentialSchemaFiles;
  return new CredentialSchemas({
    passport: readSchema(passport),
    compliance: readSchema(compliance),
    provenance: readSchema(provenance),
    'allowed-actions': readSchema(credentialSchemaFiles['allowed-actions']),
  });
}

function readSchema(name: string): JsonObject {
  const parsed = parseStrictJsonObject(readAsset(`schemas/${name}`));
  if (!parsed.ok) throw new TypeError(`schemas/${name} is not a JSON object.`);
  return parsed.value;
}

/** What papers and keys owe; and requests that nobody sends again are forgotten. */
async function keepRegistry(rooms: Rooms): Promise<KeptPapers> {
  await forgetRequests(rooms, rowsForgotten);
  return keepPapers(rooms);
}

/** One process at a time does what the registry owes; each writes down what it saw itself. */
function startAllRounds(rooms: Rooms, log: Logger): () => Promise<void> {
  const one = { log, mayRun: () => rooms.watch.holdsLease };
  const each = { log, mayRun: () => true };
  const stops = [
    startRounds(() => keepRegistry(rooms), one),
    startRounds(() => judgeEstate(rooms), one),
    startRounds(() => writeSightings(rooms), each),
  ];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

async function writeSightings(rooms: Rooms): Promise<Round> {
  await noteSightings(rooms);
  return { failures: [] };
}
