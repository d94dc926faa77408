import type { AgentReader } from '../agents/agent-store.ts';
import type { AuditAction } from '../audit/audit-event.ts';
import { type Credential, credentialStateAt } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { StatusChange } from '../status/status-store.ts';
import { findCredential } from './find-agent.ts';
import { checkReason } from './issue-credential.ts';
import { type IssuePapers, renewalOf } from './issue-papers.ts';
import type { PapersDeps, PapersStores } from './papers.ts';
import type { ChangeCredentialInput, ChangedCredential } from './registry.ts';

export interface ChangeCredentialDeps extends Pick<PapersDeps, 'work' | 'lists' | 'clock'> {
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly issuePapers: IssuePapers;
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
  const publishedAt =
    agent?.state === 'active'
      ? await changeWithPapers(deps, { input, credential, change })
      : await changeAlone(deps, { input, credential, change });
  return { credential: await findCredential(deps, input), publishedAt };
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
  const issued = await deps.issuePapers({
    ...renewal,
    begin: async (stores, agent, at) => {
      const begun = await renewal.begin(stores, agent, at);
      return { ...begun, changedLists: await applyChange(stores, order, at) };
    },
  });
  return issued.listsPublishedAt ?? (await deps.lists.publish(credential.status.listId));
}

/** An agent that is not active gets no new papers; the lists alone carry the change. */
async function changeAlone(deps: ChangeCredentialDeps, order: ChangeOrder): Promise<Date> {
  await deps.work.run((stores) => applyChange(stores, order, deps.clock.now()));
  return deps.lists.publish(order.credential.status.listId);
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
