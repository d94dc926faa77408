import type { Agent, AgentProfile } from '../agents/agent.ts';
import type { AuditEvent } from '../audit/audit-event.ts';
import { agentUrls } from '../cimd/client-document.ts';
import type { Credential } from '../credentials/credential.ts';
import type { FacetDraft } from '../credentials/facet-draft.ts';
import { leavesDoubt, SealwrightError } from '../kernel/sealwright-error.ts';
import type { ManifestAgent } from '../manifest/manifest.ts';
import type { TokenScope } from '../organizations/api-token.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import { type CreateEnrolmentDeps, createEnrolment } from './create-enrolment.ts';
import { type EnrolAgentDeps, enrolAgent } from './enrol-agent.ts';
import type { CreatedEnrolment, CreateEnrolmentInput } from './enrolment-cases.ts';
import type { BegunChange, PapersOrder, PapersStores } from './papers.ts';
import type { CredentialStep } from './plan-credentials.ts';
import {
  type AgentPlan,
  type PlanManifestDeps,
  type PlanManifestInput,
  planManifest,
} from './plan-manifest.ts';
import type { Caller, EnrolAgentInput } from './registry.ts';
import { describeUpdate, isNarrower, mergeProfile } from './update-agent.ts';

/** So many agents are at work at once; their papers go together in batches. */
const agentsAtOnce = 64;
const mostAttempts = 4;

/** Ports that plan a manifest and carry it out. */
export interface ApplyManifestDeps extends PlanManifestDeps, EnrolAgentDeps, CreateEnrolmentDeps {}

/** Agents to make as they are described. `pruneReason` null leaves alone what they do not name. */
export interface ApplyManifestInput extends Caller {
  readonly entries: readonly ManifestAgent[];
  readonly pruneReason: string | null;
  /** What the caller's token permits. */
  readonly scopes: readonly TokenScope[];
}

/** What became of one agent. */
export interface AppliedAgent {
  /** As it was carried out; with a problem, nothing was. */
  readonly plan: AgentPlan;
  /** As it is now. */
  readonly agent: Agent | null;
  /** The credentials that were issued, in the order of the plan's steps. */
  readonly issued: readonly Credential[];
  /** There once, for an agent whose key was made here to be handed out. */
  readonly privateJwk: JsonObject | null;
  /** There once, for an agent that enrols: its token, and what its proof has to name. */
  readonly invitation: CreatedEnrolment | null;
}

/**
 * Brings agents to what is described, each wholly or not at all: a new agent is published once with its
 * credentials, and a change with all that belongs to it. What stands in the way of one agent is told
 * for that agent and does not stop the others. Applying again does what is left, and nothing twice.
 * Throws only for what concerns all of them: `not-permitted`, before anything changes, when the plan
 * takes a scope that the token lacks, or a database that cannot be reached.
 */
export async function applyManifest(
  deps: ApplyManifestDeps,
  input: ApplyManifestInput,
): Promise<readonly AppliedAgent[]> {
  const plans = await planManifest(deps, planInputOf(input));
  checkScopes(plans, input);
  const entries = new Map(input.entries.map((entry) => [entry.handle, entry]));
  return forEachAtOnce(plans, agentsAtOnce, (plan) => {
    const entry = entries.get(plan.handle);
    if (entry === undefined) throw new TypeError('A plan names an agent of its own.');
    return carryOut(deps, { input, entry, plan });
  });
}

const nothingDone = { agent: null, issued: [], privateJwk: null, invitation: null };

/** What to compare of an order. */
export function planInputOf(input: Omit<ApplyManifestInput, 'scopes'>): PlanManifestInput {
  const { pruneReason, ...order } = input;
  return { ...order, prune: pruneReason !== null };
}

function checkScopes(
  plans: readonly AgentPlan[],
  { scopes }: Pick<ApplyManifestInput, 'scopes'>,
): void {
  const missing = [...new Set(plans.flatMap(scopesOf))].filter((scope) => !scopes.includes(scope));
  if (missing.length === 0) return;
  const detail = `Applying this needs the scopes ${missing.join(', ')} too.`;
  throw new SealwrightError('not-permitted', detail);
}

/** What one agent's plan takes, as single calls would. */
function scopesOf({ action, members, steps }: AgentPlan): readonly TokenScope[] {
  return [
    ...(action === 'create' || members.length > 0 ? ['agents:write' as const] : []),
    ...(steps.some(({ facet }) => facet !== null) ? ['credentials:issue' as const] : []),
    ...(steps.some(({ former }) => former.length > 0) ? ['credentials:revoke' as const] : []),
  ];
}

interface Work {
  readonly input: ApplyManifestInput;
  readonly entry: ManifestAgent;
  readonly plan: AgentPlan;
}

/** An agent that somebody else changes meanwhile is planned anew. */
async function carryOut(deps: ApplyManifestDeps, work: Work, attempt = 1): Promise<AppliedAgent> {
  const { plan, input, entry } = work;
  try {
    return await carryOutOnce(deps, work);
  } catch (error) {
    if (!(error instanceof SealwrightError) || leavesDoubt(error)) throw error;
    if (!isOvertaken(plan, error) || attempt === mostAttempts) return refusedWith(plan, error);
    const [next = plan] = await planManifest(deps, planInputOf({ ...input, entries: [entry] }));
    return carryOut(deps, { ...work, plan: next }, attempt + 1);
  }
}

function isOvertaken(plan: AgentPlan, { code }: SealwrightError): boolean {
  return code === 'conflict-retry' || (code === 'handle-taken' && plan.action === 'create');
}

function refusedWith(plan: AgentPlan, problem: SealwrightError): AppliedAgent {
  const refused: AgentPlan = { ...plan, action: 'refuse', members: [], steps: [], problem };
  return { ...nothingDone, plan: refused, agent: plan.agent };
}

function withoutKey({ key: _later, ...order }: EnrolAgentInput): CreateEnrolmentInput {
  const { credentials = [] } = order;
  return { ...order, credentials: credentials.map(({ validUntil: _never, ...each }) => each) };
}

async function carryOutOnce(deps: ApplyManifestDeps, work: Work): Promise<AppliedAgent> {
  const { plan } = work;
  checkScopes([plan], work.input);
  if (plan.onboarding !== null && plan.enrols) {
    const invitation = await createEnrolment(deps, withoutKey(plan.onboarding));
    return { ...nothingDone, plan, invitation };
  }
  if (plan.onboarding !== null) {
    const { credentials, ...enrolled } = await enrolAgent(deps, plan.onboarding);
    return { ...nothingDone, plan, ...enrolled, issued: credentials };
  }
  if (plan.action !== 'change' || plan.agent === null) {
    return { ...nothingDone, plan, agent: plan.agent };
  }
  const { agent, facets } = await deps.issuePapers(await changeOf(deps, work, plan.agent));
  return { ...nothingDone, plan, agent, issued: facets };
}

async function changeOf(
  deps: ApplyManifestDeps,
  { plan, input }: Work,
  agent: Agent,
): Promise<PapersOrder> {
  const { organization } = await deps.issuers.find(agent.organizationId);
  const { callback } = agentUrls(organization, agent.handle);
  const facets = plan.steps.flatMap(({ facet }) => (facet === null ? [] : [facet]));
  return {
    agentId: agent.id,
    actor: input.actor,
    reason: reasonsOf(facets) || input.pruneReason || 'profile changed',
    facets,
    // What only takes away is never refused.
    isRefusable: facets.length > 0 || plan.members.length > 0,
    begin: (stores, present, at) => begin(stores, { plan, input, present, at, callback }),
  };
}

function reasonsOf(facets: readonly FacetDraft[]): string {
  return [...new Set(facets.map(({ reason }) => reason))].join('; ').slice(0, 500);
}

interface Beginning {
  readonly plan: AgentPlan;
  readonly input: ApplyManifestInput;
  readonly present: Agent | null;
  readonly at: Date;
  readonly callback: string;
}

async function begin(stores: PapersStores, order: Beginning): Promise<BegunChange> {
  const { plan, present, at } = order;
  // Beginning counts one revision; any other means that the plan is about what was.
  if (present === null || present.papersRevision - 1 !== plan.agent?.papersRevision) {
    throw new SealwrightError('conflict-retry', 'The agent is being changed elsewhere. Try again.');
  }
  const profile = mergeProfile(present, plan.changes, order.callback);
  const revoked = plan.steps.flatMap(({ former }) => former.map(({ id }) => id));
  if (plan.members.length > 0) await stores.agents.updateProfile(present.id, profile, at);
  const changedLists = await stores.status.change(revoked, { revokedAt: at });
  await stores.audit.append([
    ...updateEvents(order, { present, profile }),
    ...revocationEvents(order),
  ]);
  return {
    agent: plan.members.length > 0 ? { ...present, ...profile, updatedAt: at } : present,
    narrows: isNarrower(present, profile) || revoked.length > 0,
    changedLists,
  };
}

function updateEvents(
  { plan, input }: Beginning,
  { present: agent, profile }: { readonly present: Agent; readonly profile: AgentProfile },
): readonly AuditEvent[] {
  if (plan.members.length === 0) return [];
  return [
    {
      organizationId: agent.organizationId,
      actor: input.actor,
      action: 'agent.updated',
      subject: agent.id,
      reason: null,
      details: describeUpdate(agent, profile),
    },
  ];
}

function revocationEvents({ plan, input }: Beginning): readonly AuditEvent[] {
  return plan.steps.flatMap((step) =>
    step.former.map(({ id, organizationId, agentId, type }): AuditEvent => {
      return {
        organizationId,
        actor: input.actor,
        action: 'credential.revoked',
        subject: id,
        reason: reasonOf(step, input),
        details: { agent: agentId, type, repeated: false },
      };
    }),
  );
}

function reasonOf({ facet }: CredentialStep, { pruneReason }: ApplyManifestInput): string | null {
  return facet === null ? pruneReason : `replaced: ${facet.reason}`;
}

/** Runs `work` for every item, at most `most` at once. A failure is thrown once all have ended. */
async function forEachAtOnce<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const waiting = [...items.entries()];
  const results = new Map<number, Result>();
  const failures: unknown[] = [];
  const runLane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, item] = next;
      try {
        results.set(at, await work(item));
      } catch (error) {
        failures.push(error);
        waiting.length = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, runLane));
  if (failures.length > 0) throw failures[0];
  return items.flatMap((_, at) => results.get(at) ?? []);
}
