import { DeniedCalls } from './audit/denied-calls.ts';
import { findMasterKey } from './config/master-key.ts';
import { auditDirOf, type Settings } from './config/settings.ts';
import { agentPages } from './console/agent-pages.ts';
import type { Database } from './db/open-database.ts';
import type { DiskCopy } from './disk-copy/disk-copy.ts';
import { Sightings } from './estate/sighting.ts';
import type { PostToEndpoint } from './events/endpoint.ts';
import { Pulse } from './events/pulse.ts';
import type { SubscriptionId } from './events/subscription.ts';
import { openDiskCopy } from './follow.ts';
import type { Logger } from './http/log.ts';
import { createOutsideJudge } from './http/outside-judge.ts';
import { AuditJournal } from './journal/audit-journal.ts';
import { journalDir } from './journal/journal-file.ts';
import type { RegistryDeps } from './journeys/create-registry.ts';
import { createIssuePapers } from './journeys/issue-papers.ts';
import { createTokenJudge } from './judge/create-token-judge.ts';
import { systemClock } from './kernel/clock.ts';
import { IssuerDirectory } from './keys/issuer.ts';
import { KeySeal } from './keys/key-seal.ts';
import { measureSigner } from './metrics/measured.ts';
import type { Metrics } from './metrics/metrics.ts';
import { isLoopbackName } from './protocol/host-name.ts';
import { DocumentMemory } from './publication/document-memory.ts';
import { readCredentialSchemas } from './release.ts';
import { publishStatusList } from './status/publish-status-list.ts';
import { StatusPublisher } from './status/status-publisher.ts';
import type { AuditKeyOrder } from './veramo/audit-key.ts';
import { type GuardedPost, guardedFetch, guardedPost } from './verifier/node/index.ts';

const memoryBytes = 256 * 1024 * 1024;
/**
 * Messages to endpoints under way at a time, altogether and to one host. Altogether it is several
 * times what one organization may have under way (`Shares`).
 */
const postLimits = { total: 768, perHost: 16 };

/** A service that is being started. */
export interface Start {
  readonly settings: Settings;
  readonly log: Logger;
  /** What undoes the start, in order. */
  readonly closers: (() => Promise<void>)[];
}

/** The ports of all rooms, bound to the database. */
export async function wireRooms(
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
  const { makeAuditKey } = await import('./veramo/audit-key.ts');
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
    makeAuditKey: (made: AuditKeyOrder) => makeAuditKey(seal, made),
    denied: new DeniedCalls(),
    seen: new Sightings(),
    judgeOutside: createOutsideJudge(guardedFetch({ allowLoopback: papers.loopback })),
    issuePapers: createIssuePapers(papers),
    judge: createTokenJudge({
      fetch: guardedFetch({ allowLoopback: papers.loopback }),
      clock,
    }),
    watch: database.watch,
  } satisfies Omit<RegistryDeps, 'checkpoints'> & Record<string, unknown>;
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

/** What the rooms are wired into. */
export type Rooms = Awaited<ReturnType<typeof wireRooms>>;
