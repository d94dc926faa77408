import type { Agent } from '../agents/agent.ts';
import { getsPapers, lifecycle } from '../agents/lifecycle.ts';
import { agentUrls, clientIdsOf } from '../cimd/client-document.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { schemaVersionOf } from '../credentials/custom-type.ts';
import type { FacetDraft } from '../credentials/facet-draft.ts';
import { draftFacetListing } from '../credentials/publish-credential.ts';
import { draftDidDocument } from '../dids/publish-did-document.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Issuer } from '../keys/issuer.ts';
import type { KeyReader } from '../keys/key-store.ts';
import { draftPage, pathOf } from '../publication/public-document.ts';
import { publishDocuments, withdrawDocuments } from '../publication/publish-documents.ts';
import { type IssuePapers, renewalOf } from './issue-papers.ts';
import type { PapersDeps, PapersOrder, PapersStores } from './papers.ts';

/** Rows are read oldest first, so those of the onboarding are among them. */
const mostRecorded = 100;

/** What pages and tombstones need, and `issuePapers` for the agents that get papers instead. */
export interface PublishStandingDeps
  extends Pick<PapersDeps, 'work' | 'issuers' | 'pages' | 'clock'> {
  readonly credentials: CredentialReader;
  readonly keys: KeyReader;
  readonly issuePapers: IssuePapers;
}

const renewal = {
  actor: { kind: 'system', id: 'papers' },
  reason: 'papers follow the agent',
} as const;

/**
 * Publishes what the state of an agent demands: papers for an active one, a page for a suspended
 * one or one past its end, tombstones for a retired one. It may be repeated, and it is what a
 * restart owes an agent whose change was recorded and not yet published; such a change may have
 * taken something away, so the former passport is then revoked (`narrows`).
 */
export async function publishStanding(
  deps: PublishStandingDeps,
  agent: Agent,
  change: { readonly narrows: boolean },
): Promise<Agent> {
  const at = deps.clock.now();
  if (getsPapers(agent, at)) {
    const order = renewalOf(agent.id, { ...renewal, ...change });
    if (agent.state === 'pending') return finishPending(deps, agent, order);
    return (await deps.issuePapers(order)).agent;
  }
  const issuer = await deps.issuers.find(agent.organizationId);
  const facets = await deps.credentials.listUnexpired([agent.id], at);
  await deps.work.run(async (stores) => {
    const revision = { id: agent.id, revision: agent.papersRevision };
    const [current] = await stores.agents.markPublished([revision]);
    if (current === undefined) return;
    await publishState(stores, { deps, issuer, agent, facets, at });
    if (lifecycle[agent.state].documents === 'withdrawn')
      await retireIdentity(stores, { deps, issuer, agent, at });
  });
  return { ...agent, publishedRevision: agent.papersRevision };
}

/**
 * Publishes the first papers of an agent, with the facets that were recorded with it. One that
 * becomes active before its turn comes was not left behind: it got all of that already.
 */
async function finishPending(
  deps: PublishStandingDeps,
  agent: Agent,
  order: PapersOrder,
): Promise<Agent> {
  const facets = await facetsOwed(deps, agent, deps.clock.now());
  let present = agent;
  try {
    const issued = await deps.issuePapers({
      ...order,
      facets,
      begin: async (stores, locked, at) => {
        const begun = await order.begin(stores, locked, at);
        present = begun.agent;
        if (present.state === 'pending') return begun;
        throw new SealwrightError('agent-wrong-state', `The agent is ${present.state}.`);
      },
    });
    return issued.agent;
  } catch (error) {
    if (present.state === 'pending') throw error;
    return present;
  }
}

/**
 * A pending agent has nothing sealed. What it was to be onboarded with was recorded in the same
 * transaction, and so at the same moment, as its first passport; attempts after it left copies.
 */
async function facetsOwed(
  deps: PublishStandingDeps,
  { id, organizationId }: Agent,
  at: Date,
): Promise<readonly FacetDraft[]> {
  const filter = { organizationId, agentId: id, at };
  const recorded = await deps.credentials.list(filter, { limit: mostRecorded });
  const first = Math.min(...recorded.map(({ createdAt }) => createdAt.getTime()));
  const owed = new Map<string, FacetDraft>();
  for (const { type, claims, visibility, reason, ...record } of recorded) {
    const { validFrom, validUntil, createdAt, renewsForS } = record;
    if (type === 'passport' || createdAt.getTime() !== first || validUntil <= at) continue;
    const span = { validFrom, validUntil, renewsForS, renewalOf: null, series: null };
    const schemaVersion = schemaVersionOf({ type, payload: record.payload });
    const draft = { type, schemaVersion, claims, visibility, reason, ...span };
    owed.set(JSON.stringify([type, claims, visibility, reason]), draft);
  }
  return [...owed.values()];
}

interface StandingOrder {
  readonly deps: PublishStandingDeps;
  readonly issuer: Issuer;
  readonly agent: Agent;
  readonly at: Date;
}

async function publishState(
  stores: PapersStores,
  order: StandingOrder & { readonly facets: readonly Credential[] },
): Promise<void> {
  const { issuer, agent, at } = order;
  const urls = agentUrls(issuer.organization, agent.handle);
  const html = order.deps.pages.renderAgent({
    issuer,
    agent,
    passport: null,
    facets: order.facets.filter(({ sealing, type }) => sealing === 'sealed' && type !== 'passport'),
  });
  await publishDocuments(stores, { drafts: [draftPage(urls.page, html)], at });
}

/** The DID document stays, without keys, so that old signatures can be told from unknown ones. */
async function retireIdentity(stores: PapersStores, order: StandingOrder): Promise<void> {
  const { issuer, agent, at } = order;
  const urls = agentUrls(issuer.organization, agent.handle);
  for (const key of await order.deps.keys.listByDids([agent.did])) {
    await stores.keys.change(key.id, { state: 'destroyed', stateSince: at });
  }
  await stores.rotations.remove(agent.id);
  await publishDocuments(stores, {
    drafts: [
      draftDidDocument({
        did: agent.did,
        alsoKnownAs: clientIdsOf(issuer.organization, agent),
        keys: [],
      }),
      draftFacetListing(urls.credentials, []),
    ],
    at,
  });
  await withdrawDocuments(stores, {
    paths: [urls.clientId, urls.jwks, urls.callback, urls.strictClientId, urls.strictPassport].map(
      pathOf,
    ),
    at,
  });
}
