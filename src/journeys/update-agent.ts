import { type Agent, type AgentProfile, hasEnded } from '../agents/agent.ts';
import { checkClientIdLength, checkProfile } from '../agents/agent-profile.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import { changesBetween } from '../audit/describe-change.ts';
import { agentUrls, clientIdsOf } from '../cimd/client-document.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import { checkEnd, withAuthorizationCode } from './enrol-agent.ts';
import { checkAsRead, findAgent } from './find-agent.ts';
import type { IssuePapers } from './issue-papers.ts';
import type { BegunChange, PapersDeps, PapersStores } from './papers.ts';
import { teamWithin } from './reach.ts';
import type { UpdateAgentInput } from './registry.ts';

const tooLongWithStrict = {
  pointer: '/profiles',
  detail: 'the strict document would have a client_id that is too long',
};

const profileMembers = [
  'name',
  'description',
  'owners',
  'team',
  'tags',
  'version',
  'redirectUris',
  'grantTypes',
  'logoUri',
  'profiles',
  'expiresAt',
] as const satisfies readonly (keyof AgentProfile)[];

/** No signer and no stores: those come with `issuePapers`. */
export interface UpdateAgentDeps extends Pick<PapersDeps, 'issuers' | 'clock' | 'loopback'> {
  readonly agents: AgentReader;
  readonly issuePapers: IssuePapers;
}

/**
 * Changes what an owner may change, and publishes papers that say so. Taking away a redirect URI
 * or a grant, or bringing its end nearer, narrows: the former passport is revoked before this
 * resolves. An end that has come is not put off. A strict document that
 * is taken away is withdrawn, and its passport revoked.
 */
export async function updateAgent(deps: UpdateAgentDeps, input: UpdateAgentInput): Promise<Agent> {
  const found = await findAgent(deps, input);
  const { organization } = await deps.issuers.find(input.organizationId);
  const { callback } = agentUrls(organization, found.handle);
  if (input.changes.team !== undefined) teamWithin(input.reach, input.changes.team);
  const proposed = mergeProfile(found, input.changes, callback);
  checkProfile(proposed, deps);
  if (input.changes.expiresAt !== undefined) checkEnd(proposed, deps.clock.now());
  for (const clientId of clientIdsOf(organization, { ...found, ...proposed })) {
    checkClientIdLength(clientId, tooLongWithStrict);
  }
  const issued = await deps.issuePapers({
    agentId: found.id,
    actor: input.actor,
    reason: 'profile changed',
    facets: [],
    isRefusable: true,
    begin: (stores, agent, at) => beginUpdate(stores, { agent, at, input, callback }),
  });
  return issued.agent;
}

async function beginUpdate(
  stores: PapersStores,
  order: { agent: Agent | null; at: Date; input: UpdateAgentInput; callback: string },
): Promise<BegunChange> {
  const { agent, at, input } = order;
  if (agent === null) throw new SealwrightError('agent-not-found', 'There is no such agent.');
  checkAsRead(input, agent);
  if (hasEnded(agent, at)) {
    throw new SealwrightError('agent-wrong-state', 'The agent has reached its end.');
  }
  const profile = mergeProfile(agent, input.changes, order.callback);
  await stores.agents.updateProfile(agent.id, profile, at);
  await stores.audit.append([
    {
      organizationId: agent.organizationId,
      actor: input.actor,
      action: 'agent.updated',
      subject: agent.id,
      reason: null,
      details: describeUpdate(agent, profile),
    },
  ]);
  return {
    agent: { ...agent, ...profile, updatedAt: at },
    narrows: isNarrower(agent, profile),
    changedLists: [],
  };
}

/** The members of a profile that change, and what they were and are. */
export function describeUpdate(before: AgentProfile, after: AgentProfile): JsonObject {
  const changes = changesBetween(before, after, profileMembers);
  return { members: Object.keys(changes).sort(), changes };
}

/** The profile after a change; without redirect URIs the agent gets its own callback. */
export function mergeProfile(
  agent: Agent,
  changes: UpdateAgentInput['changes'],
  callback: string,
): AgentProfile {
  const redirectUris = changes.redirectUris ?? agent.redirectUris;
  return {
    name: changes.name ?? agent.name,
    description: changes.description === undefined ? agent.description : changes.description,
    owners: changes.owners ?? agent.owners,
    team: changes.team === undefined ? agent.team : changes.team,
    tags: changes.tags ?? agent.tags,
    version: changes.version === undefined ? agent.version : changes.version,
    redirectUris: redirectUris.length === 0 ? [callback] : redirectUris,
    grantTypes: withAuthorizationCode(changes.grantTypes ?? agent.grantTypes),
    logoUri: changes.logoUri === undefined ? agent.logoUri : changes.logoUri,
    profiles: changes.profiles ?? agent.profiles,
    expiresAt: changes.expiresAt === undefined ? agent.expiresAt : changes.expiresAt,
  };
}

/** Whether a change takes something away that an authorization server may have relied on. */
export function isNarrower(before: AgentProfile, after: AgentProfile): boolean {
  return (
    before.redirectUris.some((uri) => !after.redirectUris.includes(uri)) ||
    before.grantTypes.some((type) => !after.grantTypes.includes(type)) ||
    endsEarlier(before, after)
  );
}

function endsEarlier(before: AgentProfile, after: AgentProfile): boolean {
  if (after.expiresAt === null) return false;
  return before.expiresAt === null || after.expiresAt < before.expiresAt;
}
