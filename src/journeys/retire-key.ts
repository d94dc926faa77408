import type { Agent } from '../agents/agent.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { checkReason } from './check-reason.ts';
import { findAgent } from './find-agent.ts';
import type { IssuePapers } from './issue-papers.ts';
import type { AgentKeys, KeyRef } from './key-cases.ts';
import type { BegunChange, PapersStores } from './papers.ts';
import { keyAmong, type ReadKeysDeps, readKeys } from './read-keys.ts';
import { takeRotationStep } from './take-rotation-step.ts';

/** Readers, and papers that show the change. */
export interface RetireKeyDeps extends ReadKeysDeps {
  readonly issuePapers: IssuePapers;
}

/**
 * Ends the overlap of a rotation before its time, because the agent has moved to its new key: the
 * former key leaves the key set. Everybody knows the new key by then. Before, there is no such
 * shortcut, and it throws `key-wrong-state`.
 */
export async function retireKey(deps: RetireKeyDeps, input: KeyRef): Promise<AgentKeys> {
  checkReason(input.reason);
  const found = await findAgent(deps, input);
  await deps.issuePapers({
    agentId: found.id,
    actor: input.actor,
    reason: input.reason,
    facets: [],
    isRefusable: false,
    begin: (stores, agent, at) => beginRetirement(stores, { agent, at, input }),
  });
  return readKeys(deps, input);
}

async function beginRetirement(
  stores: PapersStores,
  order: { readonly agent: Agent | null; readonly at: Date; readonly input: KeyRef },
): Promise<BegunChange> {
  const { agent, at, input } = order;
  if (agent === null) throw new SealwrightError('agent-not-found', 'There is no such agent.');
  const key = keyAmong(await stores.keys.listByDids([agent.did]), input.thumbprint);
  const rotation = await stores.rotations.find(agent.id);
  // Retired before servers have seen the new key, the agent would be without a key that they know.
  if (rotation?.step !== 'activated' || rotation.formerKeyId !== key.id) {
    throw new SealwrightError(
      'key-wrong-state',
      'Only a key whose successor is in use already can be retired.',
    );
  }
  await takeRotationStep(stores, { ...input, agent, rotation, at });
  return { agent, narrows: false, changedLists: [] };
}
