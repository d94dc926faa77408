import { type Agent, hasEnded } from '../agents/agent.ts';
import type { AuditEvent } from '../audit/audit-event.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { isListed, type SigningKey } from '../keys/signing-key.ts';
import { publishDocuments } from '../publication/publish-documents.ts';
import type { StatusListId } from '../status/status-list.ts';
import { checkReason } from './check-reason.ts';
import type { StartingKey } from './enrol-agent.ts';
import { findAgent } from './find-agent.ts';
import type { ChangedKeys, CompromiseKeyInput } from './key-cases.ts';
import type { BegunChange, PapersDeps, PapersStores } from './papers.ts';
import { type PublishStandingDeps, publishStanding } from './publish-standing.ts';
import { keyAmong, readKeys } from './read-keys.ts';
import { changedMeanwhile, furtherKeyOf, insertKey, type RotateKeyDeps } from './rotate-key.ts';
import { keyDrafts } from './seal-papers.ts';

/** Papers for an agent that goes on, tombstones and lists for one that has to stop. */
export interface CompromiseKeyDeps
  extends RotateKeyDeps,
    PublishStandingDeps,
    Pick<PapersDeps, 'lists'> {}

/** Which key the agent goes on with. */
interface Succession {
  /** A key of the agent that takes over; null for a new one, or none. */
  readonly survivor: SigningKey | null;
  /** A key that is made, or was brought, for the purpose. */
  readonly replacement: StartingKey | null;
}

/**
 * Gives up a key that is no secret any more. When this resolves no document has it, every passport
 * that names it is revoked, and the published lists say so. The agent goes on with one key: the one
 * brought along, else the other key of a rotation that was under way, else one made here. Where there
 * is none of these the agent is suspended, until it was given a key and is resumed. All other keys of
 * the agent are destroyed, and a rotation ends.
 */
export async function compromiseKey(
  deps: CompromiseKeyDeps,
  input: CompromiseKeyInput,
): Promise<ChangedKeys> {
  checkReason(input.reason);
  const found = await findAgent(deps, input);
  const keys = await deps.keys.listByDids([found.did]);
  keyAmong(keys, input.thumbprint);
  const succession = await succeed(found, keys, input);
  if (getsPapers(found, succession, deps.clock.now())) {
    await deps.issuePapers({
      agentId: found.id,
      actor: input.actor,
      reason: input.reason,
      facets: [],
      isRefusable: false,
      begin: (stores, agent, at) => beginSuccession(stores, { deps, input, agent, at, succession }),
    });
  } else await stop(deps, { found, input, succession });
  const privateJwk = succession.replacement?.privateJwk ?? null;
  return { ...(await readKeys(deps, input)), privateJwk };
}

async function succeed(
  agent: Agent,
  keys: readonly SigningKey[],
  input: CompromiseKeyInput,
): Promise<Succession> {
  const others = keys.filter(({ thumbprint }) => thumbprint !== input.thumbprint);
  // A key that has left the key set does not come back.
  const survivor = others.findLast(({ state }) => state === 'created' || isListed({ state }));
  if (input.jwk === undefined && survivor !== undefined) return { survivor, replacement: null };
  const isLeftWithout = input.jwk === undefined && agent.keyCustody === 'jwk';
  return {
    survivor: null,
    replacement: isLeftWithout ? null : await furtherKeyOf(agent, input.jwk),
  };
}

function getsPapers(agent: Agent, { survivor, replacement }: Succession, at: Date): boolean {
  const mayHavePapers = agent.state === 'active' || agent.state === 'pending';
  return mayHavePapers && !hasEnded(agent, at) && (survivor ?? replacement) !== null;
}

interface SuccessionOrder {
  readonly deps: CompromiseKeyDeps;
  readonly input: CompromiseKeyInput;
  readonly agent: Agent | null;
  readonly at: Date;
  readonly succession: Succession;
}

async function beginSuccession(stores: PapersStores, order: SuccessionOrder): Promise<BegunChange> {
  const { agent } = order;
  if (agent === null) throw new SealwrightError('agent-not-found', 'There is no such agent.');
  await replaceKeys(stores, { ...order, agent });
  return { agent, narrows: true, changedLists: [] };
}

/** Leaves the agent with its successor alone, in use at once; null when it has none. */
async function replaceKeys(
  stores: PapersStores,
  order: SuccessionOrder & { readonly agent: Agent },
): Promise<SigningKey | null> {
  const { deps, input, agent, at, succession } = order;
  const keys = await stores.keys.listByDids([agent.did]);
  const given = keyAmong(keys, input.thumbprint);
  for (const key of keys.filter(({ id }) => id !== succession.survivor?.id)) {
    const revoked = key.id === given.id ? { revokedAt: at } : {};
    await stores.keys.change(key.id, { state: 'destroyed', stateSince: at, ...revoked });
  }
  await stores.rotations.remove(agent.id);
  const successor = await enthrone(stores, { deps, agent, keys, succession, at });
  await stores.audit.append([compromisedEvent(order, given, successor)]);
  return successor;
}

async function enthrone(
  stores: PapersStores,
  order: Pick<SuccessionOrder, 'deps' | 'succession' | 'at'> & {
    readonly agent: Agent;
    readonly keys: readonly SigningKey[];
  },
): Promise<SigningKey | null> {
  const { deps, agent, keys, at } = order;
  const { survivor, replacement } = order.succession;
  if (replacement !== null) {
    const { publicJwk } = replacement;
    return insertKey(stores, { deps, agent, publicJwk, state: 'active', at });
  }
  if (survivor === null) return null;
  const heir = keys.find(({ id, state }) => id === survivor.id && state !== 'retired');
  if (heir === undefined) throw changedMeanwhile();
  await stores.keys.change(heir.id, { state: 'active', stateSince: at });
  return { ...heir, state: 'active', stateSince: at };
}

function compromisedEvent(
  { input, agent }: SuccessionOrder & { readonly agent: Agent },
  given: SigningKey,
  successor: SigningKey | null,
): AuditEvent {
  return {
    organizationId: agent.organizationId,
    actor: input.actor,
    action: 'key.compromised',
    subject: given.id,
    reason: input.reason,
    details: {
      agent: agent.id,
      key: given.thumbprint,
      successor: successor === null ? null : successor.thumbprint,
    },
  };
}

interface StopOrder {
  readonly found: Agent;
  readonly input: CompromiseKeyInput;
  readonly succession: Succession;
}

/** For an agent that gets no papers: what it holds ends, and its keys change in the open at once. */
async function stop(deps: CompromiseKeyDeps, order: StopOrder): Promise<void> {
  const { organization } = await deps.issuers.find(order.found.organizationId);
  const stopped = await deps.work.run(async (stores) => {
    const at = deps.clock.now();
    const [agent] = await stores.agents.reviseAll([order.found.id]);
    if (agent?.state !== order.found.state) throw changedMeanwhile();
    const successor = await replaceKeys(stores, { ...order, deps, agent, at });
    const keys = successor === null ? [] : [successor];
    await publishDocuments(stores, { drafts: keyDrafts(organization, agent, keys), at });
    const lists = await revokePassports(stores, { agent, input: order.input, at });
    const suspended = successor === null && agent.state !== 'suspended';
    if (!suspended) return { agent, lists };
    return { agent: await suspend(stores, { agent, input: order.input, at }), lists };
  });
  const { agent } = stopped;
  const held = await deps.credentials.listUnexpired([agent.id], deps.clock.now());
  const shown = new Set([...stopped.lists, ...held.map(({ status }) => status.listId)]);
  await deps.lists.publishAll([...shown]);
  await publishStanding(deps, agent, { narrows: true });
}

interface StoppedAgent {
  readonly agent: Agent;
  readonly input: CompromiseKeyInput;
  readonly at: Date;
}

async function revokePassports(
  stores: PapersStores,
  { agent, at }: StoppedAgent,
): Promise<readonly StatusListId[]> {
  const held = await stores.credentials.listUnexpired([agent.id], at);
  const passports = held.filter(({ type, revokedAt }) => type === 'passport' && revokedAt === null);
  await stores.audit.append(
    passports.map(({ id, organizationId }) => ({
      organizationId,
      actor: { kind: 'system', id: 'papers' },
      action: 'credential.revoked',
      subject: id,
      reason: 'names a key that was given up as compromised',
      details: { agent: agent.id, type: 'passport' },
    })),
  );
  return stores.status.change(
    passports.map(({ id }) => id),
    { revokedAt: at },
  );
}

async function suspend(stores: PapersStores, { agent, input, at }: StoppedAgent): Promise<Agent> {
  await stores.agents.updateState(agent.id, 'suspended', at);
  const held = await stores.credentials.listUnexpired([agent.id], at);
  await stores.status.change(
    held.map(({ id }) => id),
    { agentSuspendedAt: at },
  );
  await stores.audit.append([
    {
      organizationId: agent.organizationId,
      actor: input.actor,
      action: 'agent.suspended',
      subject: agent.id,
      reason: 'its key was given up as compromised, and it has no other',
      details: { handle: agent.handle, credentials: held.length },
    },
  ]);
  return { ...agent, state: 'suspended', updatedAt: at };
}
