import type { Agent } from '../agents/agent.ts';
import type { IdentityProvider } from '../dids/identity-provider.ts';
import { derivedId } from '../kernel/derived-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { overlapSecondsOf, waitSecondsAfter } from '../keys/key-rotation.ts';
import type { KeyId, SigningKey } from '../keys/signing-key.ts';
import type { PublicJwk } from '../protocol/jwk.ts';
import type { JsonValue } from '../protocol/strict-json.ts';
import { publishDocuments } from '../publication/publish-documents.ts';
import { type StartingKey, startingKeyOf } from './enrol-agent.ts';
import { findAgent } from './find-agent.ts';
import { type IssuePapers, renewalOf } from './issue-papers.ts';
import type { ChangedKeys, RotateKeyInput } from './key-cases.ts';
import type { BegunChange, PapersDeps, PapersStores } from './papers.ts';
import { type ReadKeysDeps, readKeys } from './read-keys.ts';
import { keyDrafts } from './seal-papers.ts';

/** What a further key needs: somebody who makes it, and papers that name it. */
export interface RotateKeyDeps extends ReadKeysDeps, Pick<PapersDeps, 'work' | 'issuers'> {
  readonly identities: IdentityProvider;
  readonly issuePapers: IssuePapers;
}

/**
 * Begins to replace the key of an agent. When this resolves, a passport that names both keys is
 * published; the rounds of the registry do the rest, each step once the caches allow it. A suspended
 * agent that lost its last key gets the new one at once. A request that is sent again finds the key
 * of its first attempt; a private half that was handed out cannot be had again. Throws
 * `rotation-under-way` for a second rotation.
 */
export async function rotateKey(deps: RotateKeyDeps, input: RotateKeyInput): Promise<ChangedKeys> {
  const overlapS = overlapSecondsOf(input.overlap);
  const found = await findAgent(deps, input);
  const held = await deps.keys.listByDids([found.did]);
  const id = furtherKeyIdOf(input);
  if (held.some((key) => key.id === id)) return showEarlier(deps, input, found);
  const key = await furtherKeyOf(found, input.jwk);
  const isBare = held.length === 0;
  if (isBare && found.state === 'suspended') await supplyKey(deps, { found, input, key });
  else {
    await deps.issuePapers({
      agentId: found.id,
      actor: input.actor,
      reason: 'the agent gets another key',
      facets: [],
      isRefusable: true,
      begin: (stores, agent, at) =>
        beginRotation(stores, { deps, input, agent, at, key, overlapS }),
    });
  }
  return { ...(await readKeys(deps, input)), privateJwk: key.privateJwk };
}

/** The same for every repetition of a request; undefined, a new one, for one that cannot be repeated. */
function furtherKeyIdOf({ requestId }: RotateKeyInput): KeyId | undefined {
  return requestId && derivedId<KeyId>('key', requestId, 0);
}

/** What the first attempt of a request came to, once its papers are out. */
async function showEarlier(
  deps: RotateKeyDeps,
  input: RotateKeyInput,
  { id, state, papersRevision, publishedRevision }: Agent,
): Promise<ChangedKeys> {
  if (state === 'active' && publishedRevision < papersRevision) {
    const reason = 'the agent gets another key';
    await deps.issuePapers(renewalOf(id, { actor: input.actor, reason, narrows: false }));
  }
  return { ...(await readKeys(deps, input)), privateJwk: null };
}

/**
 * The key that an agent gets, as its custody has it: brought along, made and handed out, or made and
 * kept. Throws `invalid-input` for a key where none is expected, or none where one is.
 */
export async function furtherKeyOf(
  { keyCustody }: Agent,
  jwk: JsonValue | undefined,
): Promise<StartingKey> {
  if (keyCustody !== 'jwk' && jwk === undefined) return startingKeyOf({ custody: keyCustody });
  if (keyCustody === 'jwk' && jwk !== undefined) return startingKeyOf({ custody: 'jwk', jwk });
  const detail =
    jwk === undefined
      ? 'must be present: the agent holds its key itself'
      : 'must be absent: the key of this agent is made here';
  throw new SealwrightError('invalid-input', 'The key does not fit the custody of the agent.', {
    faults: [{ pointer: '/jwk', detail }],
  });
}

/** Writes a key of an agent down; its documents are not touched. */
export function insertKey(
  stores: PapersStores,
  order: {
    readonly deps: Pick<RotateKeyDeps, 'identities'>;
    readonly agent: Agent;
    readonly publicJwk: PublicJwk | null;
    readonly state: SigningKey['state'];
    /** A new one unless given. */
    readonly id?: KeyId | undefined;
    readonly at: Date;
  },
): Promise<SigningKey> {
  const { agent, publicJwk, state, id, at } = order;
  return order.deps.identities.createKey(stores, {
    organizationId: agent.organizationId,
    did: agent.did,
    purpose: 'client-authentication',
    ...(publicJwk === null ? {} : { publicJwk }),
    ...(id === undefined ? {} : { id }),
    state,
    at,
  });
}

interface RotationOrder {
  readonly deps: RotateKeyDeps;
  readonly input: RotateKeyInput;
  readonly agent: Agent | null;
  readonly at: Date;
  readonly key: StartingKey;
  readonly overlapS: number;
}

async function beginRotation(stores: PapersStores, order: RotationOrder): Promise<BegunChange> {
  const { deps, input, agent, at, key, overlapS } = order;
  if (agent === null) throw new SealwrightError('agent-not-found', 'There is no such agent.');
  if ((await stores.rotations.find(agent.id)) !== null) {
    throw new SealwrightError('rotation-under-way', 'The agent changes its key already.');
  }
  const [former] = await stores.keys.listByDids([agent.did]);
  if (former === undefined) throw keyless();
  const { publicJwk } = key;
  const id = furtherKeyIdOf(input);
  const made = await insertKey(stores, { deps, agent, publicJwk, state: 'created', id, at });
  await stores.rotations.insert({
    agentId: agent.id,
    formerKeyId: former.id,
    newKeyId: made.id,
    step: 'introduced',
    overlapS,
    waitS: waitSecondsAfter('introduced', overlapS),
    startedAt: at,
    shownAt: null,
    dueAt: null,
  });
  await stores.audit.append([
    {
      organizationId: agent.organizationId,
      actor: input.actor,
      action: 'key.created',
      subject: made.id,
      reason: null,
      details: {
        agent: agent.id,
        key: made.thumbprint,
        replaces: former.thumbprint,
        overlapS: String(overlapS),
      },
    },
  ]);
  return { agent, narrows: false, changedLists: [] };
}

/** No papers name a suspended agent's keys: its key set and DID document alone have the new one. */
async function supplyKey(
  deps: RotateKeyDeps,
  order: { readonly found: Agent; readonly input: RotateKeyInput; readonly key: StartingKey },
): Promise<void> {
  const { organization } = await deps.issuers.find(order.found.organizationId);
  const { publicJwk } = order.key;
  await deps.work.run(async (stores) => {
    const at = deps.clock.now();
    const [agent] = await stores.agents.reviseAll([order.found.id]);
    const held = await stores.keys.listByDids([order.found.did]);
    if (agent?.state !== 'suspended' || held.length > 0) throw changedMeanwhile();
    const id = furtherKeyIdOf(order.input);
    const key = await insertKey(stores, { deps, agent, publicJwk, state: 'active', id, at });
    await publishDocuments(stores, { drafts: keyDrafts(organization, agent, [key]), at });
    await stores.agents.markPublished([{ id: agent.id, revision: agent.papersRevision }]);
    await stores.audit.append([
      {
        organizationId: agent.organizationId,
        actor: order.input.actor,
        action: 'key.created',
        subject: key.id,
        reason: null,
        details: { agent: agent.id, key: key.thumbprint, replaces: null },
      },
    ]);
  });
}

/** What a change meets that somebody else overtook. */
export function changedMeanwhile(): SealwrightError {
  return new SealwrightError('conflict-retry', 'The keys were changed meanwhile. Try again.');
}

function keyless(): SealwrightError {
  return new SealwrightError('agent-wrong-state', 'The agent has no key to replace.');
}
