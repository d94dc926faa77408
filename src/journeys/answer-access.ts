import type { Agent, AgentId } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import type { Clock } from '../kernel/clock.ts';
import { reaches } from '../organizations/api-token.ts';
import type { AllowedActionsClaims } from '../protocol/facet.ts';
import { scopeOf } from '../protocol/scope.ts';
import type { AccessGrant, AccessQuestion } from './registry.ts';

const rowsPerRead = 500;

/** Readers alone: asking changes nothing and is not audited. */
export interface AnswerAccessDeps {
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly clock: Clock;
}

/**
 * Which active agents may do this now, each by the first credential that allows it. An agent for
 * which any credential in force denies the action is left out.
 */
export async function answerAccess(
  deps: AnswerAccessDeps,
  question: AccessQuestion,
): Promise<readonly AccessGrant[]> {
  const scope = scopeOf(question);
  const allowing = new Map<AgentId, Credential>();
  const denying = new Set<AgentId>();
  for await (const credential of allowedActionsInForce(deps, question)) {
    const claims = credential.claims as unknown as AllowedActionsClaims;
    const { agentId } = credential;
    if ((claims.denied ?? []).some((denied) => scopeOf(denied) === scope)) denying.add(agentId);
    const allows = claims.actions.some((action) => scopeOf(action) === scope);
    if (allows && !allowing.has(agentId)) allowing.set(agentId, credential);
  }
  const agents = await deps.agents.findMany([...allowing.keys()]);
  return agents
    .filter(
      (agent) =>
        agent.state === 'active' && !denying.has(agent.id) && reaches(question.reach, agent),
    )
    .map((agent: Agent) => ({ agent, credential: allowing.get(agent.id) as Credential }));
}

async function* allowedActionsInForce(
  deps: AnswerAccessDeps,
  question: AccessQuestion,
): AsyncGenerator<Credential> {
  const at = deps.clock.now();
  const { organizationId } = question;
  const filter = { organizationId, type: 'allowed-actions', state: 'active', at } as const;
  let after: string | undefined;
  for (;;) {
    const rows = await deps.credentials.list(filter, { limit: rowsPerRead, after });
    yield* rows;
    after = rows.at(-1)?.id;
    if (rows.length < rowsPerRead) return;
  }
}
