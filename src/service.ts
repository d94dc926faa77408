import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeAdminToken } from './config/admin-token-file.ts';
import { findMasterKey } from './config/master-key.ts';
import { auditDirOf, type Settings } from './config/settings.ts';
import { agentPages } from './console/agent-pages.ts';
import { CredentialSchemas } from './credentials/credential-schemas.ts';
import { type Database, openDatabase } from './db/open-database.ts';
import type { DiskCopy } from './disk-copy/disk-copy.ts';
import { judgeEstate, noteSightings } from './estate/judge-estate.ts';
import { Sightings } from './estate/sighting.ts';
import { dispatchEvents } from './events/dispatch-events.ts';
import type { PostToEndpoint } from './events/endpoint.ts';
import { keepEventKeys } from './events/event-keys.ts';
import { Pulse } from './events/pulse.ts';
import type { SubscriptionId } from './events/subscription.ts';
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
import { addRegistryGauges } from './http/registry-gauges.ts';
import { AuditJournal } from './journal/audit-journal.ts';
import { journalDir } from './journal/journal-file.ts';
import { createRegistry, type RegistryDeps } from './journeys/create-registry.ts';
import { createIssuePapers } from './journeys/issue-papers.ts';
import { type KeptPapers, keepPapers } from './journeys/keep-papers.ts';
import { openOrganization } from './journeys/open-organization.ts';
import type { Registry } from './journeys/registry.ts';
import { createTokenJudge } from './judge/create-token-judge.ts';
import { systemClock } from './kernel/clock.ts';
import { IssuerDirectory } from './keys/issuer.ts';
import { KeySeal } from './keys/key-seal.ts';
import { measureRound, measureSigner } from './metrics/measured.ts';
import { Metrics } from './metrics/metrics.ts';
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
import { type GuardedPost, guardedFetch, guardedPost } from './verifier/node/index.ts';

const memoryBytes = 256 * 1024 * 1024;
/** Messages to endpoints under way at a time, altogether and to one host. */
const postLimits = { total: 128, perHost: 16 };
const rowsForgotten = 5_000;
const credentialSchemaFiles = { passport: passportSchema, ...facetSchemas };

/** A running registry. Disposing of it stops the listeners, the rounds and the embedded database. */
export interface Service extends AsyncDisposable {
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
    home: new URL(settings.origin).host,
    log: (message) => log.warn({ message }),
  });
  closers.push(async () => database[Symbol.asyncDispose]());
  const metrics = new Metrics();
  const rooms = await wireRooms(order, { database, metrics });
  const organization = await openOrganization(rooms, settings.url);
  await letOperatorIn(order, { rooms, organization, dataDir: database.dataDir });
  const registry = createRegistry(rooms);
  await publishStandingDocuments(rooms, settings.origin);
  await keepEventKeys(rooms);
  if (database.watch.holdsLease) await keepPapers(rooms);
  closers.push(startAllRounds(rooms, { log, metrics }));
  const { copy, memory, documents } = rooms;
  if (copy !== null) {
    await memory.readHosts();
    closers.push(startFollowing(createDocumentFollower({ documents, memory, copy }), log).stop);
  }
  addRegistryGauges(metrics, { registry, clock: systemClock });
  const onTrouble = (err: unknown) => log.error({ message: 'Telling others failed.', err });
  closers.push(dispatchEvents({ ...rooms, onTrouble }));
  const app = createApp({
    registry,
    verifierOf: createOwnVerifiers(guardedFetch({ allowLoopback: rooms.loopback }), metrics),
    metrics,
    clock: systemClock,
    limits: new RateLimits({ clock: systemClock, perMinute: settings.rateLimit }),
    log,
    origin: settings.origin,
    checkReadiness: async () => [
      { name: 'database', ok: database.watch.isUp, isNeeded: settings.role === 'admin' },
      { name: 'audit', ok: rooms.journal.isOpen },
    ],
  });
  const planes = arrangePlanes(settings, {
    documents: noteFetches(rooms.memory, { ...rooms, origin: settings.origin }),
    hosts: rooms.memory.hosts,
    app,
    metrics,
    clock: systemClock,
    origin: settings.origin,
  });
  const listeners = await startListeners(settings, planes);
  closers.push(() => listeners.close());
  // A poll that waits is answered before the listeners wait for it.
  closers.push(async () => rooms.pulse.end());
  log.info({ message: 'ready', url: settings.url, listening: listeners.publicUrl });
  return { url: settings.url, listening: listeners.publicUrl, registry, organization };
}

/** The ports of all rooms, bound to the database. */
async function wireRooms(
  order: Start,
  { database, metrics }: { readonly database: Database; readonly metrics: Metrics },
) {
  const { settings } = order;
  const { readers } = database;
  const copy = settings.role === 'admin' ? null : await openCopy(order, database.dataDir);
  const memory = new DocumentMemory(readers.documents, { maxBytes: memoryBytes, copy });
  const clock = systemClock;
  const journal = await openJournal(order, database);
  const pulse = new Pulse();
  const work = database.createUnitOfWork({
    clock,
    journal,
    onPublished: (documents) => {
      memory.apply(documents);
      pulse.beat();
    },
    onDoubtful: (documents) => memory.forget(documents),
  });
  const masterKey = await findMasterKey({
    given: settings.masterKey,
    dataDir: database.dataDir,
    databaseExists: (await readers.organizations.listPage({ limit: 1 })).length > 0,
  });
  const seal = new KeySeal(masterKey.reveal());
  const { createVeramoSigner } = await import('./veramo/veramo-signer.ts');
  const { createVeramoIdentityProvider } = await import('./veramo/veramo-identity-provider.ts');
  const issuers = new IssuerDirectory(readers);
  const signer = measureSigner(createVeramoSigner({ seal }), metrics);
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
    statusListSize: settings.statusListSize,
  };
  return {
    ...readers,
    ...papers,
    seal,
    memory,
    journal,
    copy,
    pulse,
    waitingPolls: new Set<SubscriptionId>(),
    post: createEndpointPost(guardedPost({ allowLoopback: papers.loopback, limits: postLimits })),
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

/** Closed after everything that may still be acknowledged. */
async function openJournal({ settings, log, closers }: Start, database: Database) {
  const journal = await AuditJournal.open({
    dir: journalDir(auditDirOf(settings, database.dataDir)),
    audit: database.readers.audit,
    clock: systemClock,
    log: (message, err) => log.warn({ message, err }),
  });
  closers.push(() => journal[Symbol.asyncDispose]());
  return journal;
}

/** The disk copy of the public documents, for processes that serve them. */
async function openCopy({ log, closers }: Start, dataDir: string): Promise<DiskCopy> {
  const copy = await openDiskCopy(dataDir, log);
  closers.push(() => copy[Symbol.asyncDispose]());
  return copy;
}

/** Endpoints behind the guard; a message may go out again, since its id is the same. */
function createEndpointPost(post: GuardedPost): PostToEndpoint {
  const send: (...message: Parameters<PostToEndpoint>) => ReturnType<PostToEndpoint> = (
    url,
    { timeoutMs, ...message },
  ) => post(url, { ...message, deadline: Date.now() + timeoutMs, repeatable: true });
  return Object.assign(send, { judge: (url: string) => post.judge(url) });
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
  await rooms.memory.readHosts();
  return keepPapers(rooms);
}

/** One process at a time does what the registry owes; each writes down what it saw itself. */
function startAllRounds(
  rooms: Rooms,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): () => Promise<void> {
  const one = { log, mayRun: () => rooms.watch.holdsLease };
  const each = { log, mayRun: () => true };
  const measured = (name: string, round: () => Promise<Round>) =>
    measureRound(metrics, name, round);
  const stops = [
    startRounds(
      measured('papers', () => keepRegistry(rooms)),
      one,
    ),
    startRounds(
      measured('estate', () => judgeEstate(rooms)),
      one,
    ),
    startRounds(
      measured('journal', () => catchUpJournal(rooms)),
      each,
    ),
    startRounds(
      measured('sightings', () => writeSightings(rooms)),
      each,
    ),
  ];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

async function catchUpJournal({ journal }: Rooms): Promise<Round> {
  await journal.catchUp();
  return { failures: [] };
}

async function writeSightings(rooms: Rooms): Promise<Round> {
  await noteSightings(rooms);
  return { failures: [] };
}
