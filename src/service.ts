import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuditEvent } from './audit/audit-event.ts';
import { DeniedCalls } from './audit/denied-calls.ts';
import { CheckpointFiles } from './checkpoints/checkpoint-file.ts';
import { writeAdminToken } from './config/admin-token-file.ts';
import { findMasterKey } from './config/master-key.ts';
import type { Settings } from './config/settings.ts';
import { agentPages } from './console/agent-pages.ts';
import { CredentialSchemas } from './credentials/credential-schemas.ts';
import { type Database, openDatabase } from './db/open-database.ts';
import { type JudgedEstate, judgeEstate } from './estate/judge-estate.ts';
import { Sightings } from './estate/sighting.ts';
import { createApp } from './http/app.ts';
import { startListeners } from './http/listeners.ts';
import { createLog, type Logger } from './http/log.ts';
import { noteFetches } from './http/note-fetches.ts';
import { createOutsideJudge } from './http/outside-judge.ts';
import { createOwnVerifiers } from './http/own-verifier.ts';
import { arrangePlanes } from './http/planes.ts';
import { problemPages } from './http/problem-pages.ts';
import { RateLimits } from './http/rate-limits.ts';
import { CheckpointKeeper, logOriginOf } from './journeys/checkpoint-keeper.ts';
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
import {
  cacheControls,
  type DocumentDraft,
  type DocumentMediaType,
  draftPage,
} from './publication/public-document.ts';
import { publishDocuments } from './publication/publish-documents.ts';
import { forgetRequests } from './requests/answer-once.ts';
import { publishStatusList } from './status/publish-status-list.ts';
import { StatusPublisher } from './status/status-publisher.ts';
import type { AuditKeyOrder } from './veramo/audit-key.ts';
import { guardedFetch } from './verifier/node/index.ts';

const memoryBytes = 256 * 1024 * 1024;
/** How often the registry looks for what it owes without being asked. */
const roundMs = 15_000;
const checkpointLookMs = 1_000;
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
    log: (message) => log.warn({ message }),
  });
  closers.push(async () => database[Symbol.asyncDispose]());
  const rooms = await wireRooms(order, database);
  const organization = await openOrganization(rooms, settings.url);
  await letOperatorIn(order, { rooms, organization, dataDir: database.dataDir });
  const checkpoints = keepCheckpoints(order, { rooms, organization, dataDir: database.dataDir });
  const registry = createRegistry({ ...rooms, checkpoints });
  await publishStandingDocuments(rooms, settings.origin);
  await keepPapers(rooms);
  closers.push(() => recordDenied(rooms, { all: true }).catch((err) => log.error({ err })));
  closers.push(startRounds(() => keepRegistry(rooms), log));
  closers.push(startRounds(() => judgeEstate(rooms), log));
  closers.push(startCheckpoints(checkpoints, log));
  const app = createApp({
    registry,
    verifierOf: createOwnVerifiers(guardedFetch({ allowLoopback: rooms.loopback })),
    clock: systemClock,
    limits: new RateLimits({ clock: systemClock, perMinute: settings.rateLimit }),
    log,
    origin: settings.origin,
    checkReadiness: async () => [
      { name: 'database', ok: await rooms.isDatabaseUp() },
      { name: 'audit-checkpoints', ok: checkpoints.isSigning },
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
  return { url: settings.url, listening: listeners.publicUrl, registry, organization };
}

/** The ports of all rooms, bound to the database. */
async function wireRooms(order: Start, database: Database) {
  const { settings } = order;
  const { readers } = database;
  const memory = new DocumentMemory(readers.documents, { maxBytes: memoryBytes });
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
  const { makeAuditKey } = await import('./veramo/audit-key.ts');
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
    identities: createVeramoIdentityProvider({ seal }),
    makeAuditKey: (made: AuditKeyOrder) => makeAuditKey(seal, made),
    denied: new DeniedCalls(),
    seen: new Sightings(),
    judgeOutside: createOutsideJudge(guardedFetch({ allowLoopback: papers.loopback })),
    issuePapers: createIssuePapers(papers),
    judge: createTokenJudge({
      fetch: guardedFetch({ allowLoopback: papers.loopback }),
      clock,
    }),
    isDatabaseUp: () => answers(readers.organizations.list()),
  } satisfies Omit<RegistryDeps, 'checkpoints'> & Record<string, unknown>;
}

type Rooms = Awaited<ReturnType<typeof wireRooms>>;

/** Checkpoints of the audit trail, with their copies in a directory of their own and in the log. */
function keepCheckpoints(
  { settings, log }: Start,
  place: { rooms: Rooms; organization: Organization; dataDir: string },
): CheckpointKeeper {
  return new CheckpointKeeper({
    ...place.rooms,
    copies: new CheckpointFiles(join(place.dataDir, 'audit')),
    logOrigin: logOriginOf(settings.origin),
    organizationId: place.organization.id,
    onSigned: ({ size, note }) => log.info({ message: 'checkpoint', size, note }),
  });
}

/** Looks every second whether a checkpoint is due. The log hears when trouble begins, and ends. */
function startCheckpoints(checkpoints: CheckpointKeeper, log: Logger): () => Promise<void> {
  let running: Promise<void> | null = null;
  let failing = false;
  const timer = setInterval(() => {
    running ??= checkpoints
      .round()
      .then(() => {
        if (failing) log.info({ message: 'Checkpoints of the audit trail are signed again.' });
        failing = false;
      })
      .catch((err: unknown) => {
        const contradicts = checkpoints.trouble?.contradicts === true;
        const message = 'No checkpoint of the audit trail can be signed.';
        if (!failing) log.error({ message, contradicts, err });
        failing = true;
      })
      .finally(() => {
        running = null;
      });
  }, checkpointLookMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

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

type Round = KeptPapers | JudgedEstate;

/** What papers and keys owe; and requests that nobody sends again are forgotten. */
async function keepRegistry(rooms: Rooms): Promise<Round> {
  await forgetRequests(rooms, rowsForgotten);
  await recordDenied(rooms, { all: false });
  return keepPapers(rooms);
}

/** Calls that were denied in the minutes that are over; when the service stops, in the present one. */
async function recordDenied(rooms: Rooms, options: { readonly all: boolean }): Promise<void> {
  const append = (events: readonly AuditEvent[]) =>
    rooms.work.run(({ audit }) => audit.append(events));
  await rooms.denied.record(rooms.clock.now(), append, options);
}

/** Runs a round every 15 seconds, one at a time. A round that fails is logged and tried again. */
function startRounds(round: () => Promise<Round>, log: Logger): () => Promise<void> {
  let running = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = round()
      .then((done) => logRound(log, done))
      .catch((err: unknown) => log.error({ message: 'A round failed.', err }))
      .finally(() => {
        busy = false;
      });
  }, roundMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

function logRound(log: Logger, { failures, ...done }: Round): void {
  const counts = Object.values({ ...done });
  if (counts.some((count) => count > 0)) log.info({ message: 'round', ...done });
  for (const err of failures) log.error({ message: 'Part of a round failed.', err });
}

async function answers(question: Promise<unknown>): Promise<boolean> {
  return question.then(
    () => true,
    () => false,
  );
}
