import { type Agent, hasEnded } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { AuditAction, AuditEvent } from '../audit/audit-event.ts';
import { type Credential, credentialStateAt } from '../credentials/credential.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { StatusChange } from '../status/status-store.ts';
import { checkReason } from './check-reason.ts';
import { findCredential } from './find-credential.ts';
import { renewalOf } from './issue-papers.ts';
import type { PapersDeps, PapersStores } from './papers.ts';
import { type PublishStandingDeps, publishStanding } from './publish-standing.ts';
import type { ChangeCredentialInput, ChangedCredential } from './registry.ts';

/** What a change needs beside new papers: lists can be published without any. */
export interface ChangeCredentialDeps extends PublishStandingDeps, Pick<PapersDeps, 'lists'> {
  readonly agents: AgentReader;
}

/** A change of state, and which states it may start from. */
interface Change {
  readonly action: AuditAction;
  readonly from: readonly ReturnType<typeof credentialStateAt>[];
  readonly narrows: boolean;
  readonly changeAt: (at: Date) => StatusChange;
}

const revocation: Change = {
  action: 'credential.revoked',
  from: ['active', 'suspended', 'expired', 'revoked'],
  narrows: true,
  changeAt: (at) => ({ revokedAt: at }),
};

const suspension: Change = {
  action: 'credential.suspended',
  from: ['active', 'suspended'],
  narrows: true,
  changeAt: (at) => ({ suspendedAt: at }),
};

const resumption: Change = {
  action: 'credential.resumed',
  from: ['suspended'],
  narrows: false,
  changeAt: () => ({ suspendedAt: null }),
};

/** Takes a facet back for good. Repeating it changes nothing and is answered alike. */
export function revokeCredential(
  deps: ChangeCredentialDeps,
  input: ChangeCredentialInput,
): Promise<ChangedCredential> {
  return changeCredential(deps, input, revocation);
}

/** Takes a facet back until it is resumed. */
export function suspendCredential(
  deps: ChangeCredentialDeps,
  input: ChangeCredentialInput,
): Promise<ChangedCredential> {
  return changeCredential(deps, input, suspension);
}

/** Ends a suspension of the facet itself; one of its agent goes on. */
export function resumeCredential(
  deps: ChangeCredentialDeps,
  input: ChangeCredentialInput,
): Promise<ChangedCredential> {
  return changeCredential(deps, input, resumption);
}

/**
 * Changes the state of a facet, publishes papers that reflect it, and then the status lists. When
 * this resolves, the new lists are what the world reads.
 */
async function changeCredential(
  deps: ChangeCredentialDeps,
  input: ChangeCredentialInput,
  change: Change,
): Promise<ChangedCredential> {
  checkReason(input.reason);
  const credential = await findCredential(deps, input);
  checkStart(credential, change, deps.clock.now());
  const [agent] = await deps.agents.findMany([credential.agentId]);
  const order = { input, credential, change };
  const publishedAt = getsPapers(agent, order, deps.clock.now())
    ? await changeWithPapers(deps, order)
    : await changeAlone(deps, order);
  return { credential: await findCredential(deps, input), publishedAt };
}

/** A revocation that is repeated gets papers only when those of the first one are still owed. */
function getsPapers(agent: Agent | undefined, order: ChangeOrder, at: Date): boolean {
  if (agent?.state !== 'active' || hasEnded(agent, at)) return false;
  const isRepeated = order.change === revocation && order.credential.revokedAt !== null;
  return !isRepeated || agent.publishedRevision < agent.papersRevision;
}

function checkStart(credential: Credential, change: Change, at: Date): void {
  if (credential.type === 'passport') {
    throw new SealwrightError(
      'credential-wrong-state',
      'A passport follows its agent and its facets: suspend or retire the agent, or revoke a facet.',
    );
  }
  const state = credentialStateAt(credential, at);
  if (change.from.includes(state)) return;
  throw new SealwrightError('credential-wrong-state', `The credential is ${state}.`);
}

interface ChangeOrder {
  readonly input: ChangeCredentialInput;
  readonly credential: Credential;
  readonly change: Change;
}

async function changeWithPapers(deps: ChangeCredentialDeps, order: ChangeOrder): Promise<Date> {
  const { credential, change, input } = order;
  const renewal = renewalOf(credential.agentId, { ...input, narrows: change.narrows });
  try {
    const issued = await deps.issuePapers({
      ...renewal,
      isRefusable: !change.narrows,
      begin: async (stores, agent, at) => {
        const begun = await renewal.begin(stores, agent, at);
        return { ...begun, changedLists: await applyChange(stores, order, at) };
      },
    });
    return issued.listsPublishedAt ?? (await deps.lists.publish(credential.status.listId));
  } catch (error) {
    // Whoever suspends or retires the agent meanwhile does not stop a credential from being revoked.
    if (error instanceof SealwrightError && error.code === 'agent-wrong-state') {
      return changeAlone(deps, order);
    }
    throw error;
  }
}

/**
 * Where there are no new papers to publish, the lists carry the change: with a facet that is taken
 * back go the passports that summarise it, or they would be in force again once the agent resumes.
 */
async function changeAlone(deps: ChangeCredentialDeps, order: ChangeOrder): Promise<Date> {
  const { credential, change } = order;
  const { agents, lists } = await deps.work.run((stores) =>
    recordAlone(stores, order, deps.clock.now()),
  );
  await deps.lists.publishAll(lists);
  for (const agent of agents) await publishStanding(deps, agent, { narrows: change.narrows });
  return deps.lists.publish(credential.status.listId);
}

/** A new revision of the agent, so that papers which are being signed meanwhile are overtaken. */
async function recordAlone(
  stores: PapersStores,
  order: ChangeOrder,
  at: Date,
): Promise<{ agents: readonly Agent[]; lists: readonly StatusListId[] }> {
  const { agentId } = order.credential;
  const agents = await stores.agents.reviseAll([agentId]);
  const changed = await applyChange(stores, order, at);
  if (!order.change.narrows) return { agents, lists: changed };
  const held = await stores.credentials.listUnexpired([agentId], at);
  const passports = held.filter(({ type, revokedAt }) => type === 'passport' && revokedAt === null);
  const ids = passports.map(({ id }) => id);
  const lists = await stores.status.change(ids, { revokedAt: at });
  await stores.audit.append(passports.map(supersededEvent));
  return { agents, lists: [...changed, ...lists] };
}

function supersededEvent({ id, organizationId, agentId }: Credential): AuditEvent {
  return {
    organizationId,
    actor: { kind: 'system', id: 'papers' },
    action: 'credential.revoked',
    subject: id,
    reason: 'summarises a credential that was taken back',
    details: { agent: agentId, type: 'passport' },
  };
}

async function applyChange(
  stores: PapersStores,
  order: ChangeOrder,
  at: Date,
): Promise<readonly StatusListId[]> {
  const { credential, change, input } = order;
  const changed = await stores.status.change([credential.id], change.changeAt(at));
  await stores.audit.append([
    {
      organizationId: credential.organizationId,
      actor: input.actor,
      action: change.action,
      subject: credential.id,
      reason: input.reason,
      details: { agent: credential.agentId, type: credential.type, repeated: changed.length === 0 },
    },
  ]);
  return changed;
}
