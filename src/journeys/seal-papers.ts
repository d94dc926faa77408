import type { AgentId } from '../agents/agent.ts';
import type { AgentLint, DocumentLint } from '../agents/agent-lint.ts';
import { lifecycle } from '../agents/lifecycle.ts';
import type { AuditEvent } from '../audit/audit-event.ts';
import { agentUrls, clientIdsOf } from '../cimd/client-document.ts';
import { checkPassportForm, lintClientDocument } from '../cimd/lint-client-document.ts';
import { draftClientMetadata, draftStrictDocuments } from '../cimd/publish-client-metadata.ts';
import type { CredentialRecord } from '../credentials/credential.ts';
import {
  draftFacet,
  draftFacetListing,
  facetUrl,
  type SealedRecord,
} from '../credentials/publish-credential.ts';
import { draftDidDocument } from '../dids/publish-did-document.ts';
import { draftAgentJwks } from '../keys/publish-jwks.ts';
import { type DocumentDraft, draftPage, pathOf } from '../publication/public-document.ts';
import { publishDocuments, withdrawDocuments } from '../publication/publish-documents.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { PapersDeps, PapersStores, PlannedPapers } from './papers.ts';
import { passportsOf, recordsOf } from './plan-papers.ts';

/** The compact JWS of each planned credential, by its id. */
export type Seals = ReadonlyMap<string, string>;

/** A plan with the documents that it publishes, ready before the second transaction begins. */
export interface SignedPapers {
  readonly plan: PlannedPapers;
  readonly seals: Seals;
  readonly documents: readonly DocumentDraft[];
  /** Of the client documents among them. */
  readonly lints: readonly DocumentLint[];
}

/** How the agents of a batch stand when their papers are signed. */
interface Standing {
  /** Agents whose papers of the planned revision are now published. */
  readonly published: ReadonlySet<AgentId>;
  /** Agents that were suspended or retired meanwhile: all that was signed for them is given up. */
  readonly stopped: ReadonlySet<AgentId>;
}

/** What the second half of a change of papers left behind. */
export interface SealedPapers extends Standing {
  /** Lists whose states changed and which are to be published next. */
  readonly changedLists: readonly StatusListId[];
}

/** Signs everything that a plan recorded, and builds and reads back the documents that carry it. */
export async function signPapers(deps: PapersDeps, plan: PlannedPapers): Promise<SignedPapers> {
  const { key } = plan.issuer;
  const pairs = await Promise.all(
    recordsOf(plan).map(async ({ id, payload }): Promise<[string, string]> => {
      return [id, await deps.signer.signCredential({ key, payload })];
    }),
  );
  const seals = new Map(pairs);
  const documents = draftsOf(deps, plan, seals);
  const lints = lintsOf(deps, plan, documents);
  lints.forEach(checkPassportForm);
  return { plan, seals, documents, lints };
}

/** The lint of each client document, octet for octet as it will be served. */
function lintsOf(
  { loopback }: PapersDeps,
  { issuer, agent }: PlannedPapers,
  documents: readonly DocumentDraft[],
): readonly DocumentLint[] {
  return clientIdsOf(issuer.organization, agent).flatMap((clientId) =>
    documents
      .filter(({ path }) => path === pathOf(clientId))
      .map((draft) => lintClientDocument(draft, { clientId, loopback })),
  );
}

/**
 * The second half of a change of papers, in one transaction: seal what was signed, publish the
 * documents, and take back the former passports where the change narrowed. The papers of an agent
 * that was changed again in between are not published: that later change publishes its own, and its
 * facets are sealed unless it stopped the agent.
 */
export async function sealPapers(
  stores: PapersStores,
  order: { signed: readonly SignedPapers[]; at: Date },
): Promise<SealedPapers> {
  const plans = order.signed.map(({ plan }) => plan);
  const standing = await takeStanding(stores, plans);
  const current = order.signed.filter(({ plan }) => standing.published.has(plan.agent.id));
  await activatePending(stores, current, order.at);
  await sealRecords(stores, order.signed, standing);
  const ending = plans.flatMap((plan) => endingRecords(plan, standing));
  const withEnding = await endRecords(stores, ending, order.at);
  const changedLists = [...withEnding, ...plans.flatMap((plan) => plan.changedLists)];
  await publishDocuments(stores, {
    drafts: current.flatMap(({ documents }) => documents),
    at: order.at,
  });
  await stores.agents.recordLints(current.map((signed) => lintOf(signed, order.at)));
  await withdrawDocuments(stores, {
    paths: current.flatMap(({ plan }) => untakenPaths(plan)),
    at: order.at,
  });
  await stores.audit.append(plans.flatMap((plan) => sealEvents(plan, standing)));
  return { ...standing, changedLists };
}

function lintOf({ plan, lints }: SignedPapers, at: Date): AgentLint {
  return { agentId: plan.agent.id, checkedAt: at, documents: lints };
}

async function takeStanding(
  stores: PapersStores,
  plans: readonly PlannedPapers[],
): Promise<Standing> {
  const revisions = plans.map(({ agent }) => ({ id: agent.id, revision: agent.papersRevision }));
  const published = new Set(await stores.agents.markPublished(revisions));
  const overtaken = revisions.flatMap(({ id }) => (published.has(id) ? [] : [id]));
  const agents = overtaken.length === 0 ? [] : await stores.agents.findMany(overtaken);
  const stopped = agents.filter(({ state }) => lifecycle[state].newCredentials === 'refused');
  return { published, stopped: new Set(stopped.map(({ id }) => id)) };
}

async function activatePending(
  stores: PapersStores,
  current: readonly SignedPapers[],
  at: Date,
): Promise<void> {
  for (const { plan } of current) {
    if (plan.agent.state === 'pending') {
      await stores.agents.updateState(plan.agent.id, 'active', at);
    }
  }
}

async function sealRecords(
  stores: PapersStores,
  signed: readonly SignedPapers[],
  standing: Standing,
): Promise<void> {
  await stores.credentials.sealAll(
    signed.flatMap(({ plan, seals }) =>
      sealedBy(plan, standing).map(({ id }) => ({ id, jwt: seals.get(id) as string })),
    ),
  );
}

async function endRecords(
  stores: PapersStores,
  ending: readonly CredentialRecord[],
  at: Date,
): Promise<readonly StatusListId[]> {
  if (ending.length === 0) return [];
  const unsealed = ending.filter(({ sealing }) => sealing === 'intended');
  await stores.credentials.abandonAll(unsealed.map(({ id }) => id));
  return stores.status.change(
    ending.map(({ id }) => id),
    { revokedAt: at },
  );
}

/**
 * What must read as revoked from now on: the former passports after a narrowing, and what was
 * signed and then given up, because a signature that exists may be seen.
 */
function endingRecords(plan: PlannedPapers, standing: Standing): readonly CredentialRecord[] {
  if (standing.stopped.has(plan.agent.id)) return recordsOf(plan);
  if (!standing.published.has(plan.agent.id)) return passportsOf(plan);
  return plan.narrows ? plan.formerPassports : plan.formerPassports.filter(isOfNoDocument(plan));
}

/** Whether a former passport is that of a client_id which the agent no longer goes by. */
function isOfNoDocument({ issuer, agent }: PlannedPapers) {
  const clientIds = clientIdsOf(issuer.organization, agent);
  return ({ claims }: CredentialRecord) => !clientIds.some((clientId) => clientId === claims['id']);
}

/** Where a strict document is, or may have been, that the agent is not to have. */
function untakenPaths({ issuer, agent, strict }: PlannedPapers): readonly string[] {
  if (strict !== null) return [];
  const { strictClientId, strictPassport } = agentUrls(issuer.organization, agent.handle);
  return [pathOf(strictClientId), pathOf(strictPassport)];
}

/** A passport is sealed only when its document is published with it. */
function sealedBy(plan: PlannedPapers, standing: Standing): readonly CredentialRecord[] {
  if (standing.published.has(plan.agent.id)) return recordsOf(plan);
  return standing.stopped.has(plan.agent.id) ? [] : plan.newFacets;
}

function sealEvents(plan: PlannedPapers, standing: Standing): AuditEvent[] {
  const system = { kind: 'system', id: 'papers' } as const;
  const issued = sealedBy(plan, standing).map(
    (record): AuditEvent => ({
      organizationId: record.organizationId,
      actor: system,
      action: 'credential.issued',
      subject: record.id,
      reason: record.reason,
      details: { agent: plan.agent.id, type: record.type },
    }),
  );
  const ended = endingRecords(plan, standing).map(
    ({ id, organizationId, sealing, type }): AuditEvent => ({
      organizationId,
      actor: system,
      action: sealing === 'intended' ? 'credential.abandoned' : 'credential.revoked',
      subject: id,
      reason:
        sealing === 'intended'
          ? 'overtaken by a later change of the agent'
          : 'superseded by a narrower passport',
      details: { agent: plan.agent.id, type },
    }),
  );
  return [...issued, ...ended];
}

function draftsOf(deps: PapersDeps, plan: PlannedPapers, seals: Seals): readonly DocumentDraft[] {
  const { issuer, agent } = plan;
  const urls = agentUrls(issuer.organization, agent.handle);
  const sealedFacets = plan.newFacets.map((facet) => sealedRecord(facet, seals));
  const listed = [...plan.heldFacets, ...sealedFacets]
    .filter(isSealed)
    .filter(({ visibility }) => visibility === 'public')
    .map((facet) => ({ url: facetUrl(issuer.organization, agent.handle, facet.id), facet }));
  return [
    draftClientMetadata({
      agent,
      core: plan.core,
      passport: seals.get(plan.passport.id) as string,
      loopback: deps.loopback,
    }),
    ...strictDrafts(deps, plan, seals),
    ...sealedFacets
      .filter(({ visibility }) => visibility === 'public')
      .map((facet) => draftFacet(facetUrl(issuer.organization, agent.handle, facet.id), facet)),
    draftFacetListing(urls.credentials, listed),
    draftPage(urls.page, renderAgent(deps, plan)),
    draftDidDocument({
      did: agent.did,
      alsoKnownAs: clientIdsOf(issuer.organization, agent),
      keys: plan.keys,
    }),
    ...identityDrafts(deps, plan),
  ];
}

function strictDrafts(
  deps: PapersDeps,
  { issuer, agent, strict }: PlannedPapers,
  seals: Seals,
): readonly DocumentDraft[] {
  if (strict === null) return [];
  return draftStrictDocuments({
    agent: strict.agent,
    core: strict.core,
    passport: seals.get(strict.passport.id) as string,
    passportUrl: agentUrls(issuer.organization, agent.handle).strictPassport,
    loopback: deps.loopback,
  });
}

/** Documents that change only with the identity itself; they are first published with the agent. */
function identityDrafts(deps: PapersDeps, plan: PlannedPapers): readonly DocumentDraft[] {
  const { issuer, agent, keys } = plan;
  if (agent.state !== 'pending') return [];
  const urls = agentUrls(issuer.organization, agent.handle);
  return [draftAgentJwks(urls.jwks, keys), draftPage(urls.callback, deps.pages.renderCallback())];
}

function renderAgent(deps: PapersDeps, plan: PlannedPapers): string {
  return deps.pages.renderAgent({
    issuer: plan.issuer,
    agent: { ...plan.agent, state: 'active' },
    passport: plan.passport,
    facets: [...plan.heldFacets, ...plan.newFacets],
  });
}

function sealedRecord(record: CredentialRecord, seals: Seals): SealedRecord {
  return { ...record, sealing: 'sealed', jwt: seals.get(record.id) as string };
}

function isSealed<Held extends CredentialRecord>(record: Held): record is Held & SealedRecord {
  return record.jwt !== null;
}
