import { type Agent, type AgentId, hasEnded } from '../agents/agent.ts';
import { lifecycle } from '../agents/lifecycle.ts';
import type { AuditEvent } from '../audit/audit-event.ts';
import { clientDocumentOf, hasStrictDocument, strictSelfOf } from '../cimd/client-document.ts';
import { checkStandards } from '../cimd/lint-client-document.ts';
import { checkClientDocument, documentExcess } from '../cimd/publish-client-metadata.ts';
import {
  type SummarisedFacet,
  summariseFacets,
  takesAway,
  unnamedScopes,
} from '../credentials/compose-passport.ts';
import type { Credential, CredentialId, CredentialRecord } from '../credentials/credential.ts';
import type { FacetDraft } from '../credentials/facet-draft.ts';
import {
  largestPassportBytes,
  type PassportDraft,
  type RecordContext,
  recordPassport,
} from '../credentials/record-credential.ts';
import { wholeSeconds } from '../credentials/validity.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Issuer } from '../keys/issuer.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import { type ClientMetadataJson, clientMetadataDigest } from '../protocol/client-metadata.ts';
import { reserveIndices } from '../status/reserve-index.ts';
import type { StatusListId, StatusReference } from '../status/status-list.ts';
import type {
  PapersDeps,
  PapersOrder,
  PapersStores,
  PlannedPapers,
  StrictPapers,
} from './papers.ts';
import { type HeldTypes, holdTypes, recordDraft } from './record-draft.ts';

/** An agent with all orders of the batch that concern it, and what it holds so far. */
interface Begun {
  readonly agent: Agent;
  readonly orders: readonly PapersOrder[];
  readonly facetIds: readonly CredentialId[];
  readonly passportId: CredentialId;
  /** null for an agent without a strict document. */
  readonly strictPassportId: CredentialId | null;
  readonly changedLists: readonly StatusListId[];
  readonly narrows: boolean;
}

interface Holdings {
  readonly issuers: ReadonlyMap<OrganizationId, Issuer>;
  readonly keys: ReadonlyMap<string, readonly SigningKey[]>;
  readonly credentials: ReadonlyMap<AgentId, readonly Credential[]>;
  readonly references: ReadonlyMap<CredentialId, StatusReference>;
  readonly openedLists: readonly StatusListId[];
  readonly types: HeldTypes;
}

/** What a batch is about to have signed. */
export interface PapersBatch {
  readonly plans: readonly PlannedPapers[];
  /** Lists that were begun for it and are not served yet. */
  readonly openedLists: readonly StatusListId[];
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
): Promise<PapersBatch> {
  const at = deps.clock.now();
  const begun = await beginOrders(stores, orders, at);
  const issuers = await holdIssuers(deps, stores, begun);
  const holdings = {
    issuers,
    ...(await readHoldings(stores, { begun, at, listSize: deps.statusListSize })),
  };
  const plans = await Promise.all(
    begun.map((one) => planAgent(deps, { begun: one, holdings, at })),
  );
  const records = plans.flatMap(recordsOf);
  await stores.credentials.insertIntents(records);
  await stores.status.noteEnds(
    records.map(({ status, validUntil }) => ({ listId: status.listId, validUntil })),
  );
  await stores.audit.append(plans.flatMap(intentEvents));
  return { plans, openedLists: holdings.openedLists };
}

/** Everything that a plan is about to have signed. */
export function recordsOf(plan: PlannedPapers): readonly CredentialRecord[] {
  return [...plan.newFacets, ...passportsOf(plan)];
}

/** The passports that a plan is about to have signed: one for each client_id of the agent. */
export function passportsOf({ passport, strict }: PlannedPapers): readonly CredentialRecord[] {
  return strict === null ? [passport] : [passport, strict.passport];
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
    const { agent, changedLists, narrows } = await order.begin(stores, known, at);
    checkActive(agent, at);
    agents.set(agent.id, agent);
    const before = begun.get(agent.id);
    const facetIds = order.facets.map(({ id }) => id ?? newId<CredentialId>('crd', at));
    begun.set(agent.id, {
      agent,
      orders: [...(before?.orders ?? []), order],
      facetIds: [...(before?.facetIds ?? []), ...facetIds],
      passportId: before?.passportId ?? newId<CredentialId>('crd', at),
      strictPassportId: strictPassportIdOf(agent, before, at),
      changedLists: [...(before?.changedLists ?? []), ...changedLists],
      narrows: narrows || before?.narrows === true,
    });
  }
  return [...begun.values()];
}

function strictPassportIdOf(
  agent: Agent,
  before: Begun | undefined,
  at: Date,
): CredentialId | null {
  if (!hasStrictDocument(agent)) return null;
  return before?.strictPassportId ?? newId<CredentialId>('crd', at);
}

function checkActive(agent: Agent, at: Date): void {
  if (hasEnded(agent, at)) {
    throw new SealwrightError('agent-wrong-state', 'The agent has reached its end.');
  }
  if (lifecycle[agent.state].newCredentials === 'issued') return;
  throw new SealwrightError(
    'agent-wrong-state',
    `The agent is ${agent.state}; only an active agent gets papers.`,
  );
}

/** What is recorded here is under a key that is active until it is durable. */
async function holdIssuers(
  { issuers }: PapersDeps,
  stores: PapersStores,
  begun: readonly Begun[],
): Promise<Holdings['issuers']> {
  const held = new Map<OrganizationId, Issuer>();
  for (const { organizationId } of begun.map(({ agent }) => agent)) {
    if (held.has(organizationId)) continue;
    held.set(organizationId, await issuers.hold(stores, organizationId));
  }
  return held;
}

/** Who needs indices and keys, and how large a list is that is opened for them. */
interface Need {
  readonly begun: readonly Begun[];
  readonly at: Date;
  readonly listSize: number | undefined;
}

async function readHoldings(stores: PapersStores, need: Need): Promise<Omit<Holdings, 'issuers'>> {
  const { begun, at } = need;
  const keys = await stores.keys.listByDids(begun.map(({ agent }) => agent.did));
  const ids = begun.map(({ agent }) => agent.id);
  const credentials = await stores.credentials.listUnexpired(ids, at);
  const drafts = begun.flatMap(({ agent, orders }) =>
    orders.flatMap(({ facets }) =>
      facets.map((facet) => ({ organizationId: agent.organizationId, facet })),
    ),
  );
  return {
    types: await holdTypes(stores, drafts),
    keys: groupBy(keys, (key) => key.did),
    credentials: groupBy(credentials, (credential) => credential.agentId),
    ...(await reserveForAll(stores, need)),
  };
}

async function reserveForAll(
  stores: PapersStores,
  { begun, at, listSize }: Need,
): Promise<Pick<Holdings, 'references' | 'openedLists'>> {
  const openedLists: StatusListId[] = [];
  const references = new Map<CredentialId, StatusReference>();
  for (const [organizationId, own] of groupBy(begun, ({ agent }) => agent.organizationId)) {
    const holders = own.flatMap(({ facetIds, passportId, strictPassportId }) => [
      ...facetIds,
      passportId,
      ...(strictPassportId === null ? [] : [strictPassportId]),
    ]);
    const reserved = await reserveIndices(stores, { organizationId, holders, at, listSize });
    openedLists.push(...reserved.openedLists);
    for (const [place, reference] of reserved.references.entries()) {
      references.set(holders[place] as CredentialId, reference);
    }
  }
  return { references, openedLists };
}

async function planAgent(
  deps: PapersDeps,
  order: { begun: Begun; holdings: Holdings; at: Date },
): Promise<PlannedPapers> {
  const { begun, holdings, at } = order;
  const { agent } = begun;
  const issuer = holdings.issuers.get(agent.organizationId);
  if (issuer === undefined) throw new TypeError(`Agent ${agent.id} has no issuer.`);
  const keys = holdings.keys.get(agent.did) ?? [];
  if (keys.length === 0) throw new TypeError(`Agent ${agent.id} has no key.`);
  const context = (id: CredentialId): RecordContext => {
    const status = holdings.references.get(id) as StatusReference;
    return { issuer, agent, schemas: deps.schemas, id, status, at };
  };
  const held = (holdings.credentials.get(agent.id) ?? []).filter(isInForce);
  const inForce = held.filter(({ type }) => type !== 'passport');
  const drafts = begun.orders.flatMap(({ facets }) => facets);
  const newFacets = drafts.map((draft, place) =>
    recordDraft(
      context(begun.facetIds[place] as CredentialId),
      withinLife(draft, agent),
      holdings.types,
    ),
  );
  const heldFacets = withoutRenewed(inForce, newFacets);
  const signingAlgorithm = sharedAlgorithmOf(keys);
  const { organization } = issuer;
  const core = clientDocumentOf({ organization, agent, signingAlgorithm });
  const facets = [...heldFacets, ...newFacets];
  const draft = {
    summary: summariseFacets(agent, facets, at),
    jwkThumbprints: keys.map((key) => key.thumbprint),
    documentDigest: await clientMetadataDigest(core),
    validFrom: wholeSeconds(at),
    reason: begun.orders.map(({ reason }) => reason).join('; '),
  };
  checkDocument(deps, { agent, core, orders: begun.orders });
  const passportContext = context(begun.passportId);
  const fitting = fitToBudget(core, {
    context: passportContext,
    draft,
    facets,
    orders: begun.orders,
  });
  return {
    issuer,
    orders: begun.orders,
    agent,
    keys,
    core,
    passport: recordPassport(passportContext, fitting),
    strict: await planStrict(deps, { begun, context, draft: fitting, signingAlgorithm }),
    newFacets,
    heldFacets,
    formerPassports: held.filter(({ type }) => type === 'passport'),
    narrows: begun.narrows || takesAway(newFacets, inForce),
    changedLists: begun.changedLists,
  };
}

/** The end of the agent may have come nearer since the facet was drafted. */
function withinLife(draft: FacetDraft, { expiresAt }: Agent): FacetDraft {
  if (expiresAt === null || draft.validUntil <= expiresAt) return draft;
  return { ...draft, validUntil: wholeSeconds(expiresAt) };
}

/** A facet whose renewal is in force adds nothing, and its end would be that of the passport. */
function withoutRenewed(
  inForce: readonly Credential[],
  newFacets: readonly CredentialRecord[],
): readonly Credential[] {
  const renewed = new Set([...inForce, ...newFacets].map(({ renewalOf }) => renewalOf));
  return inForce.filter(({ id }) => !renewed.has(id));
}

/**
 * The one algorithm of all keys. While an agent changes from one algorithm to the other there is
 * none, and its document names none: servers that hold the document before or the one after it
 * would refuse one of the two keys (OpenID Connect Registration 1.0 §2).
 */
function sharedAlgorithmOf(keys: readonly SigningKey[]): SigningKey['algorithm'] | undefined {
  const [first, ...others] = new Set(keys.map(({ algorithm }) => algorithm));
  return others.length === 0 ? first : undefined;
}

/**
 * Refuses a document that strangers would refuse, while nothing is recorded. Where no order may be
 * refused on its account, ours alone have to be able to read it: the lint does not stand between a
 * permission and its end.
 */
function checkDocument(
  { loopback }: PapersDeps,
  order: Pick<PlannedPapers, 'agent' | 'core' | 'orders'>,
): void {
  const { agent, core } = order;
  if (isRefusable(order)) checkStandards(core, { clientId: agent.clientId, loopback });
  checkClientDocument({ agent, core, loopback });
}

/** Whether what a plan publishes may be refused for the document that would come of it. */
function isRefusable({ orders }: Pick<PlannedPapers, 'orders'>): boolean {
  return orders.some((order) => order.isRefusable);
}

/** The strict document and its passport, which says what the other one says, about another document. */
async function planStrict(
  deps: PapersDeps,
  order: {
    readonly begun: Begun;
    readonly context: (id: CredentialId) => RecordContext;
    readonly draft: PassportDraft;
    readonly signingAlgorithm: SigningKey['algorithm'] | undefined;
  },
): Promise<StrictPapers | null> {
  const { begun, signingAlgorithm } = order;
  if (begun.strictPassportId === null) return null;
  const context = order.context(begun.strictPassportId);
  const { organization } = context.issuer;
  const agent = strictSelfOf(organization, begun.agent);
  const core = clientDocumentOf({ organization, agent, signingAlgorithm });
  checkDocument(deps, { agent, core, orders: begun.orders });
  const draft = { ...order.draft, documentDigest: await clientMetadataDigest(core) };
  return { agent, core, passport: recordPassport({ ...context, agent }, draft) };
}

/**
 * The draft as it fits the document's budget. Orders that may be refused are, when it does not; for
 * the others the scopes stay out.
 */
function fitToBudget(
  core: ClientMetadataJson,
  order: {
    readonly context: RecordContext;
    readonly draft: PassportDraft;
    readonly facets: readonly SummarisedFacet[];
    readonly orders: readonly PapersOrder[];
  },
): PassportDraft {
  const { context, draft } = order;
  const excess = documentExcess(core, largestPassportBytes(context, draft));
  if (excess === null) return draft;
  if (isRefusable(order)) throw excess;
  const { authorizedScopes: _left, ...summary } = draft.summary;
  return { ...draft, summary: { ...summary, ...unnamedScopes(order.facets) } };
}

function isInForce(credential: Credential): boolean {
  return (
    credential.sealing === 'sealed' &&
    credential.revokedAt === null &&
    credential.suspendedAt === null
  );
}

function intentEvents(plan: PlannedPapers): AuditEvent[] {
  const ordering = plan.orders.flatMap(({ actor, facets }) => facets.map(() => actor));
  return recordsOf(plan).map((record, place) => ({
    organizationId: record.organizationId,
    actor: ordering[place] ?? plan.orders[0]?.actor ?? { kind: 'system', id: 'papers' },
    action: 'credential.intended',
    subject: record.id,
    reason: record.reason,
    details: {
      agent: plan.agent.id,
      type: record.type,
      list: record.status.listNumber,
      index: record.status.index,
      ...(record.renewalOf === null ? {} : { renewalOf: record.renewalOf }),
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
