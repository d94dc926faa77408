import type { Agent, AgentId } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { AuditEvent } from '../audit/audit-event.ts';
import type { Credential } from '../credentials/credential.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { settleEach } from '../kernel/settle-each.ts';
import { stepAfter } from '../keys/key-rotation.ts';
import type { RotationReader } from '../keys/rotation-store.ts';
import type { StatusListId } from '../status/status-list.ts';
import { type IssuePapers, renewalOf } from './issue-papers.ts';
import type { PapersDeps, PapersStores } from './papers.ts';
import { isChanging, takeRotationStep } from './take-rotation-step.ts';

const actor = { kind: 'system', id: 'advance-rotations' } as const;
const reason = 'the key of the agent is rotated';

/** Readers that find what is due, beside all that does it. */
export interface AdvanceRotationsDeps extends Pick<PapersDeps, 'work' | 'lists' | 'clock'> {
  readonly agents: AgentReader;
  readonly rotations: RotationReader;
  readonly issuePapers: IssuePapers;
}

/**
 * Takes the next step of each rotation whose time has come, at most `limit` of them. A step is in
 * rows before it is in documents, and its wait begins with the documents: interrupted anywhere, it
 * is taken up again by a later round, and no step comes early.
 */
export async function advanceRotations(
  deps: AdvanceRotationsDeps,
  limit: number,
  stopping?: AbortSignal,
): Promise<readonly PromiseSettledResult<unknown>[]> {
  const due = await deps.rotations.listDue(deps.clock.now(), limit);
  return settleEach(due, (id) => advance(deps, id), stopping);
}

async function advance(deps: AdvanceRotationsDeps, id: AgentId): Promise<void> {
  const rotation = await deps.rotations.find(id);
  if (rotation === null) return;
  if (!isChanging(stepAfter(rotation.step))) return finish(deps, id);
  const renewal = renewalOf(id, { actor, reason, narrows: false });
  await deps.issuePapers({
    ...renewal,
    begin: async (stores, agent, at) => {
      if (agent !== null) await takeDueStep(stores, agent, at);
      return renewal.begin(stores, agent, at);
    },
  });
}

/** Another process may have been faster: the row, read under the agent's lock, has the say. */
async function takeDueStep(stores: PapersStores, agent: Agent, at: Date): Promise<void> {
  const rotation = await stores.rotations.find(agent.id);
  if (rotation === null || rotation.dueAt === null || rotation.dueAt > at) return;
  if (!isChanging(stepAfter(rotation.step))) return;
  await takeRotationStep(stores, { agent, rotation, actor, reason, at });
}

/**
 * The end: passports that name a key which the agent has no more are revoked. By now nobody holds
 * one; revoked any sooner, they would stop clients of servers that read the document just before.
 */
async function finish(deps: AdvanceRotationsDeps, id: AgentId): Promise<void> {
  const [agent] = await deps.agents.findMany([id]);
  if (agent === undefined) throw new SealwrightError('agent-not-found', 'There is no such agent.');
  const at = deps.clock.now();
  const lists = await deps.work.run((stores) => revokeFormer(stores, agent, at));
  await deps.lists.publishAll(lists);
}

async function revokeFormer(
  stores: PapersStores,
  agent: Agent,
  at: Date,
): Promise<readonly StatusListId[]> {
  await stores.rotations.remove(agent.id);
  const keys = await stores.keys.listByDids([agent.did]);
  const thumbprints = new Set<unknown>(keys.map(({ thumbprint }) => thumbprint));
  const former = (await stores.credentials.listUnexpired([agent.id], at)).filter(
    (credential) => isStandingPassport(credential) && !namesOnly(credential, thumbprints),
  );
  await stores.audit.append(former.map(revokedEvent));
  return stores.status.change(
    former.map(({ id }) => id),
    { revokedAt: at },
  );
}

function isStandingPassport({ type, sealing, revokedAt }: Credential): boolean {
  return type === 'passport' && sealing === 'sealed' && revokedAt === null;
}

function namesOnly({ claims }: Credential, thumbprints: ReadonlySet<unknown>): boolean {
  const named = claims['jwkThumbprints'];
  return Array.isArray(named) && named.every((thumbprint) => thumbprints.has(thumbprint));
}

function revokedEvent({ id, organizationId, agentId }: Credential): AuditEvent {
  return {
    organizationId,
    actor,
    action: 'credential.revoked',
    subject: id,
    reason: 'names a key that the agent has no more',
    details: { agent: agentId, type: 'passport' },
  };
}
