import { type Agent, hasEnded } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import {
  type Credential,
  type CredentialState,
  credentialStateAt,
} from '../credentials/credential.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import {
  type ChangeFacetsDeps,
  changeFacets,
  type FacetChange,
  resumption,
  revocation,
  suspension,
  withSeries,
} from './change-facets.ts';
import { checkReason } from './check-reason.ts';
import { findCredential } from './find-credential.ts';
import type { ChangeCredentialInput, ChangedCredential } from './registry.ts';

/** What the change of one facet needs: it is a change of its agent's facets with one in it. */
export interface ChangeCredentialDeps extends ChangeFacetsDeps {
  readonly agents: AgentReader;
}

/** A change, which states it may start from, and the one that it leads to. */
interface Change {
  readonly change: FacetChange;
  readonly from: readonly CredentialState[];
  readonly to: CredentialState;
}

const revoking: Change = {
  change: revocation,
  from: ['active', 'suspended', 'expired', 'revoked'],
  to: 'revoked',
};
const suspending: Change = {
  change: suspension,
  from: ['active', 'suspended'],
  to: 'suspended',
};
const resuming: Change = { change: resumption, from: ['suspended'], to: 'active' };

/**
 * Takes a facet back for good, and with it what the registry renewed of it. Repeating it changes
 * nothing and is answered alike.
 */
export function revokeCredential(
  deps: ChangeCredentialDeps,
  input: ChangeCredentialInput,
): Promise<ChangedCredential> {
  return changeCredential(deps, input, revoking);
}

/** Takes a facet, and what the registry renewed of it, back until it is resumed. */
export function suspendCredential(
  deps: ChangeCredentialDeps,
  input: ChangeCredentialInput,
): Promise<ChangedCredential> {
  return changeCredential(deps, input, suspending);
}

/**
 * Ends a suspension of the facet itself; one of its agent goes on. Resuming what is in force is refused,
 * unless the call is sent again and may have done so itself.
 */
export function resumeCredential(
  deps: ChangeCredentialDeps,
  input: ChangeCredentialInput,
): Promise<ChangedCredential> {
  return changeCredential(deps, input, resuming);
}

async function changeCredential(
  deps: ChangeCredentialDeps,
  input: ChangeCredentialInput,
  { change, from, to }: Change,
): Promise<ChangedCredential> {
  checkReason(input.reason);
  const credential = await findCredential(deps, input);
  checkStart(credential, input.isResent ? [...from, to] : from, deps.clock.now());
  const [agent] = await deps.agents.findMany([credential.agentId]);
  const { publishedAt } = await changeFacets(deps, {
    agentId: credential.agentId,
    actor: input.actor,
    reason: input.reason,
    change,
    select: (held) => withSeries([credential], held, change),
    passportsToo: false,
    withPapers: owesPapers(agent, { credential, change, at: deps.clock.now() }),
  });
  return {
    credential: await findCredential(deps, input),
    publishedAt: publishedAt ?? (await deps.lists.publish(credential.status.listId)),
  };
}

/** A revocation that is repeated gets papers only when those of the first one are still owed. */
function owesPapers(
  agent: Agent | undefined,
  order: { readonly credential: Credential; readonly change: FacetChange; readonly at: Date },
): boolean {
  if (agent?.state !== 'active' || hasEnded(agent, order.at)) return false;
  const isRepeated = order.change === revocation && order.credential.revokedAt !== null;
  return !isRepeated || agent.publishedRevision < agent.papersRevision;
}

function checkStart(credential: Credential, from: Change['from'], at: Date): void {
  if (credential.type === 'passport') {
    throw new SealwrightError(
      'credential-wrong-state',
      'A passport follows its agent and its facets: suspend or retire the agent, or revoke a facet.',
    );
  }
  const state = credentialStateAt(credential, at);
  if (from.includes(state)) return;
  throw new SealwrightError('credential-wrong-state', `The credential is ${state}.`);
}
