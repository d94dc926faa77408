import type { Agent, AgentId } from '../agents/agent.ts';
import type { AuditEvent } from '../audit/audit-event.ts';
import { clientDocumentOf } from '../cimd/client-document.ts';
import { checkDocumentBudget } from '../cimd/publish-client-metadata.ts';
import { summariseFacets } from '../credentials/compose-passport.ts';
import type { Credential, CredentialId, CredentialRecord } from '../credentials/credential.ts';
import {
  largestPassportBytes,
  type RecordContext,
  recordFacet,
  recordPassport,
} from '../credentials/record-credential.ts';
import { wholeSeconds } from '../credentials/validity.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { clientMetadataDigest } from '../protocol/client-metadata.ts';
import { reserveIndices } from '../status/reserve-index.ts';
import type { StatusListId, StatusReference } from '../status/status-list.ts';
import type { PapersDeps, PapersOrder, PapersStores, PlannedPapers } from './papers.ts';

/** An agent with all orders of the batch that concern it, and what it holds so far. */
interface Begun {
  readonly agent: Agent;
  readonly orders: readonly PapersOrder[];
  readonly facetIds: readonly CredentialId[];
  readonly passportId: CredentialId;
  readonly changedLists: readonly StatusListId[];
}

interface Holdings {
  readonly keys: ReadonlyMap<string, readonly SigningKey[]>;
  readonly credentials: ReadonlyMap<AgentId, readonly Credential[]>;
  readonly references: ReadonlyMap<CredentialId, StatusReference>;
}

/**
 * The first half of a change of papers, in one transaction: make the changes, reserve status
 * indices, and record every octet that is about to be signed, so that nothing signed is ever
 * unknown. It throws, and with it the transaction undoes everything, when any order is refused.
 */
export async function planPapers(
  deps: PapersDeps,
  stores: PapersStores,
  orders: readonly PapersOrder[],
): Promise<readonly PlannedPapers[]> {
  const at = deps.clock.now();
  const begun = await beginOrders(stores, orders, at);
  const holdings = await readHoldings(stores, begun, at);
  const plans = await Promise.all(
    begun.map((one) => planAgent(deps, { begun: one, holdings, at })),
  );
  await stores.credentials.insertIntents(plans.flatMap(recordsOf));
  await stores.audit.append(plans.flatMap(intentEvents));
  return plans;
}

/** Everything that a plan is about to have signed. */
export function recordsOf(plan: PlannedPapers): readonly CredentialRecord[] {
  return [...plan.newFacets, plan.passport];
}

async function beginOrders(
  stores: PapersStores,
  orders: readonly PapersOrder[],
  at: Date,
): Promise<readonly Begun[]> {
  const ids = orders.flatMap((order) => (order.agentId === null ? [] : [order.agentId]));
  const revised = ids.length === 0 ? [] : await stores.agents.reviseAll([...new Set(ids)].sort());
  const agents = new Map(revised.map((agent) => [agent.id, agent]));
  const begun = new Map<AgentId, Begun>();
  for (const order of orders) {
    const known = order.agentId === null ? null : agents.get(order.agentId);
    if (known === undefined)
      throw new SealwrightError('agent-not-found', 'There is no such agent.');
    const { agent, changedLists } = await order.begin(stores, known, at);
    checkActive(agent, at);
    agents.set(agent.id, agent);
    const before = begun.get(agent.id);
    const facetIds = order.facet === null ? [] : [newId<CredentialId>('crd', at)];
    begun.set(agent.id, {
      agent,
      orders: [...(before?.orders ?? []), order],
      facetIds: [...(before?.facetIds ?? []), ...facetIds],
      passportId: before?.passportId ?? newId<CredentialId>('crd', at),
      changedLists: [...(before?.changedLists ?? []), ...changedLists],
    });
  }
  return [...begun.values()];
}

function checkActive(agent: Agent, at: Date): void {
  if (agent.expiresAt !== null && agent.expiresAt <= at) {
    throw new SealwrightError('agent-wrong-state', 'The agent has reached its end.');
  }
  if (agent.state === 'active' || agent.state === 'pending') return;
  throw new SealwrightError(
    'agent-wrong-state',
    `The agent is ${agent.state}; only an active agent gets papers.`,
  );
}

async function readHoldings(
  stores: PapersStores,
  begun: readonly Begun[],
  at: Date,
): Promise<Holdings> {
  const keys = await stores.keys.listByDids(begun.map(({ agent }) => agent.did));
  const ids = begun.map(({ agent }) => agent.id);
  const credentials = await stores.credentials.listUnexpired(ids, at);
  return {
    keys: groupBy(keys, (key) => key.did),
    credentials: groupBy(credentials, (credential) => credential.agentId),
    references: await reserveForAll(stores, begun, at),
  };
}

async function reserveForAll(
  stores: PapersStores,
  begun: readonly Begun[],
  at: Date,
): Promise<ReadonlyMap<CredentialId, StatusReference>> {
  const references = new Map<CredentialId, StatusReference>();
  for (const [organizationId, own] of groupBy(begun, ({ agent }) => agent.organizationId)) {
    const holders = own.flatMap(({ facetIds, passportId }) => [...facetIds, passportId]);
    const reserved = await reserveIndices(stores, { organizationId, holders, at });
    for (const [place, reference] of reserved.entries()) {
      references.set(holders[place] as CredentialId, reference);
    }
  }
  return references;
}

async function planAgent(
  deps: PapersDeps,
  order: { begun: Begun; holdings: Holdings; at: Date },
): Promise<PlannedPapers> {
  const { begun, holdings, at } = order;
  const { agent } = begun;
  const issuer = await deps.issuers.find(agent.organizationId);
  const keys = holdings.keys.get(agent.did) ?? [];
  const [firstKey] = keys;
  if (firstKey === undefined) throw new TypeError(`Agent ${agent.id} has no key.`);
  const context = (id: CredentialId): RecordContext => {
    const status = holdings.references.get(id) as StatusReference;
    return { issuer, agent, schemas: deps.schemas, id, status, at };
  };
  const held = (holdings.credentials.get(agent.id) ?? []).filter(isInForce);
  const heldFacets = held.filter(({ type }) => type !== 'passport');
  const drafts = begun.orders.flatMap(({ facet }) => (facet === null ? [] : [facet]));
  const newFacets = drafts.map((draft, place) =>
    recordFacet(context(begun.facetIds[place] as CredentialId), draft),
  );
  const core = clientDocumentOf({
    organization: issuer.organization,
    agent,
    signingAlgorithm: firstKey.algorithm,
  });
  const draft = {
    summary: summariseFacets(agent, [...heldFacets, ...newFacets], at),
    jwkThumbprints: keys.map((key) => key.thumbprint),
    documentDigest: await clientMetadataDigest(core),
    validFrom: wholeSeconds(at),
    reason: begun.orders.map(({ reason }) => reason).join('; '),
  };
  const passportContext = context(begun.passportId);
  checkDocumentBudget(core, largestPassportBytes(passportContext, draft));
  return {
    issuer,
    orders: begun.orders,
    agent,
    keys,
    core,
    passport: recordPassport(passportContext, draft),
    newFacets,
    heldFacets,
    formerPassports: held.filter(({ type }) => type === 'passport'),
    narrows: begun.orders.some((one) => one.narrows),
    changedLists: begun.changedLists,
  };
}

function isInForce(credential: Credential): boolean {
  return (
    credential.sealing === 'sealed' &&
    credential.revokedAt === null &&
    credential.suspendedAt === null
  );
}

function intentEvents(plan: PlannedPapers): AuditEvent[] {
  const withFacet = plan.orders.filter(({ facet }) => facet !== null);
  return recordsOf(plan).map((record, place) => ({
    organizationId: record.organizationId,
    actor: (withFacet[place] ?? plan.orders[0])?.actor ?? { kind: 'system', id: 'papers' },
    action: 'credential.intended',
    subject: record.id,
    reason: record.reason,
    details: {
      agent: plan.agent.id,
      type: record.type,
      list: record.status.listNumber,
      index: record.status.index,
    },
  }));
}

function groupBy<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
