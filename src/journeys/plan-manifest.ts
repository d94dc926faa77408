import { type Agent, type AgentProfile, hasEnded } from '../agents/agent.ts';
import { checkClientIdLength, checkProfile } from '../agents/agent-profile.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import { agentUrls, clientIdsOf } from '../cimd/client-document.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import type { Enrolment } from '../enrolments/enrolment.ts';
import type { EnrolmentReader } from '../enrolments/enrolment-store.ts';
import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import type { KeyReader } from '../keys/key-store.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { ManifestAgent } from '../manifest/manifest.ts';
import { reaches } from '../organizations/api-token.ts';
import type { Organization } from '../organizations/organization.ts';
import { canonicalizeJson } from '../protocol/canonical-json.ts';
import type { JsonValue } from '../protocol/strict-json.ts';
import { type DraftAgentDeps, draftAgent, publicJwkOf } from './enrol-agent.ts';
import { offerTypes } from './offer-types.ts';
import { type CredentialStep, orderOf, planCredentials } from './plan-credentials.ts';
import { teamWithin } from './reach.ts';
import type { Caller, EnrolAgentInput, KeyOrder, UpdateAgentInput } from './registry.ts';
import { mergeProfile } from './update-agent.ts';

const rowsPerPage = 500;

/** What a plan is compared with. */
export interface PlanManifestDeps extends DraftAgentDeps {
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly keys: KeyReader;
  readonly enrolments: EnrolmentReader;
}

/** A member of a profile that changes; null stands for a member that is not there. */
export interface MemberChange {
  readonly member: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** What applying a manifest means for one of its agents. It never holds a secret. */
export interface AgentPlan {
  readonly handle: string;
  readonly action: 'create' | 'change' | 'unchanged' | 'refuse';
  readonly members: readonly MemberChange[];
  readonly steps: readonly CredentialStep[];
  /** As it is now; null before it exists. */
  readonly agent: Agent | null;
  /** What to onboard, where the action is `create`. */
  readonly onboarding: EnrolAgentInput | null;
  /** Whether that is to enrol with a token and a key of its own. */
  readonly enrols: boolean;
  /** The enrolment whose token is out, for an agent that has not come with it yet. */
  readonly enrolment: Enrolment | null;
  readonly changes: UpdateAgentInput['changes'];
  /** Why nothing can be done, where the action is `refuse`. Its pointers go into the agent's entry. */
  readonly problem: SealwrightError | null;
}

/** Agents to compare with what is there. */
export interface PlanManifestInput extends Caller {
  readonly entries: readonly ManifestAgent[];
  readonly prune: boolean;
}

/** What an agent has at present. */
interface Present {
  readonly agent: Agent | undefined;
  readonly credentials: readonly Credential[];
  readonly keys: readonly SigningKey[];
  /** Enrolments that are not over. */
  readonly enrolments: readonly Enrolment[];
}

/** Compares agents, by handle, with what the organization has. Changes nothing. */
export async function planManifest(
  deps: PlanManifestDeps,
  input: PlanManifestInput,
): Promise<readonly AgentPlan[]> {
  const { organizationId, entries } = input;
  const { organization } = await deps.issuers.find(organizationId);
  const handles = entries.map(({ handle }) => handle);
  const agents = await deps.agents.findByHandles(organizationId, handles);
  const ids = agents.map(({ id }) => id);
  const [credentials, keys, enrolments] = await Promise.all([
    ids.length === 0 ? [] : deps.credentials.listUnexpired(ids, deps.clock.now()),
    deps.keys.listByDids(agents.map(({ did }) => did)),
    entries.some(({ keyCustody }) => keyCustody === 'enrolment') ? listPending(deps, input) : [],
  ]);
  const planOne = (entry: ManifestAgent): Promise<AgentPlan> => {
    const agent = agents.find(({ handle }) => handle === entry.handle);
    const present = {
      agent,
      credentials: credentials.filter(({ agentId }) => agentId === agent?.id),
      keys: keys.filter(({ did }) => did === agent?.did),
      enrolments: enrolments.filter(({ handle }) => handle === entry.handle),
    };
    return planEntry(deps, { input, organization, entry, present });
  };
  return Promise.all(entries.map(planOne));
}

/** Enrolments of the organization whose token is out, or whose agent waits to be approved. */
async function listPending(
  deps: PlanManifestDeps,
  { organizationId }: PlanManifestInput,
): Promise<readonly Enrolment[]> {
  const found: Enrolment[] = [];
  for (const state of ['open', 'awaiting-approval'] as const) {
    const filter = { organizationId, state, at: deps.clock.now() };
    let page: readonly Enrolment[] = [];
    do {
      page = await deps.enrolments.list(filter, { limit: rowsPerPage, after: page.at(-1)?.id });
      found.push(...page);
    } while (page.length === rowsPerPage);
  }
  return found;
}

interface EntryOrder {
  readonly input: PlanManifestInput;
  readonly organization: Organization;
  readonly entry: ManifestAgent;
  readonly present: Present;
}

const nothing = {
  members: [],
  steps: [],
  agent: null,
  onboarding: null,
  enrols: false,
  enrolment: null,
  changes: {},
  problem: null,
};

async function planEntry(deps: PlanManifestDeps, order: EntryOrder): Promise<AgentPlan> {
  const { entry, present } = order;
  const { handle } = entry;
  const agent = present.agent ?? null;
  try {
    if (agent === null) return await planCreation(deps, order);
    return await planChange(deps, { ...order, agent });
  } catch (problem) {
    if (!(problem instanceof SealwrightError)) throw problem;
    return { ...nothing, handle, action: 'refuse', problem };
  }
}

async function planCreation(deps: PlanManifestDeps, order: EntryOrder): Promise<AgentPlan> {
  const { entry, input } = order;
  const [enrolment] = order.present.enrolments;
  if (enrolment !== undefined) return planWaiting(order, enrolment);
  const onboarding: EnrolAgentInput = {
    ...callerOf(input),
    ...profileOf(entry),
    description: entry.description ?? undefined,
    team: entry.team ?? undefined,
    version: entry.version ?? undefined,
    logoUri: entry.logoUri ?? undefined,
    handle: entry.handle,
    kind: entry.kind,
    name: entry.name,
    owners: entry.owners,
    key: keyOrderOf(entry),
    credentials: (entry.credentials ?? []).map(orderOf),
  };
  const { facets } = await draftAgent(deps, onboarding);
  const steps = facets.map((facet): CredentialStep => {
    return { action: 'issue', type: facet.type, facet, former: [] };
  });
  const enrols = entry.keyCustody === 'enrolment';
  if (enrols) checkNoMoment(entry);
  return { ...nothing, handle: entry.handle, action: 'create', steps, onboarding, enrols };
}

/** A second token for the same agent would be one too many. */
function planWaiting({ entry, input }: EntryOrder, enrolment: Enrolment): AgentPlan {
  const { team = null } = enrolment.order;
  // An agent that is not there yet is reached by its team alone.
  if (!reaches(input.reach, { id: '', team })) throw takenHandle(entry);
  if (entry.keyCustody === 'enrolment') {
    return { ...nothing, handle: entry.handle, action: 'unchanged', enrolment };
  }
  throw refuseState('An enrolment of this handle is not over: withdraw it, or let the agent come.');
}

function takenHandle({ handle }: ManifestAgent): SealwrightError {
  return new SealwrightError('handle-taken', `The handle ${handle} is, or was, in use.`);
}

/** Nobody knows when the agent will come. */
function checkNoMoment({ credentials = [] }: ManifestAgent): void {
  const faults = credentials.flatMap(({ validUntil }, at) => {
    const detail = 'say for how long, as "validFor": it begins when the agent enrols';
    return validUntil === undefined ? [] : [{ pointer: `/credentials/${at}/validUntil`, detail }];
  });
  if (faults.length === 0) return;
  throw new SealwrightError('invalid-input', 'The agent cannot be enrolled like this.', { faults });
}

function keyOrderOf({ jwk, keyCustody }: ManifestAgent): KeyOrder {
  if (keyCustody === 'issued') return { custody: 'issued', jwk };
  if (jwk !== undefined) return { custody: 'jwk', jwk };
  // An agent that enrols brings its key later: until then none is made for it.
  return { custody: 'registry' };
}

async function planChange(
  deps: PlanManifestDeps,
  order: EntryOrder & { readonly agent: Agent },
): Promise<AgentPlan> {
  const { entry, agent, organization, present, input } = order;
  if (!reaches(input.reach, agent)) throw takenHandle(entry);
  if (agent.state === 'retired') throw refuseState('The agent is retired, and stays so.');
  checkLasting(agent, { entry, keys: present.keys });
  const changes = profileOf(entry);
  const { callback } = agentUrls(organization, agent.handle);
  const proposed = mergeProfile(agent, changes, callback);
  if (proposed.team !== agent.team) teamWithin(input.reach, proposed.team);
  const members = differences(agent, proposed);
  if (members.length > 0) checkProposed(deps, { ...order, proposed });
  const now = deps.clock.now();
  const { credentials = [] } = entry;
  const types = await offerTypes(deps, organization.id, credentials);
  const context = { agentExpiresAt: agent.expiresAt, now, types, prune: input.prune };
  const steps = planCredentials(credentials, present.credentials, context);
  const isSame = members.length === 0 && steps.length === 0;
  if (!isSame && (agent.state === 'suspended' || hasEnded(agent, now))) {
    throw refuseState('The agent is suspended, or has reached its end: its papers do not change.');
  }
  const action = isSame ? 'unchanged' : 'change';
  return { ...nothing, handle: entry.handle, action, members, steps, agent, changes };
}

function callerOf({ organizationId, actor, reach }: Caller): Caller {
  return { organizationId, actor, ...(reach === undefined ? {} : { reach }) };
}

function refuseState(detail: string): SealwrightError {
  return new SealwrightError('agent-wrong-state', detail);
}

/** Kind and key custody are for ever, and another key takes a rotation. */
function checkLasting(
  agent: Agent,
  { entry, keys }: { readonly entry: ManifestAgent; readonly keys: readonly SigningKey[] },
): void {
  const { kind } = entry;
  const atRegistry = entry.jwk === undefined && entry.keyCustody === 'registry';
  const faults: InputFault[] = [];
  if (kind !== agent.kind) faults.push({ pointer: '/kind', detail: `is ${agent.kind} for ever` });
  if (atRegistry !== (agent.keyCustody === 'registry')) {
    const detail = `does not fit: the key custody of the agent is ${agent.keyCustody}`;
    faults.push({ pointer: entry.jwk === undefined ? '/keyCustody' : '/jwk', detail });
  }
  if (entry.jwk !== undefined && !isKeyOf(entry.jwk, keys)) {
    faults.push({ pointer: '/jwk', detail: 'is not a key of the agent: another takes a rotation' });
  }
  if (faults.length === 0) return;
  throw new SealwrightError('invalid-input', 'A manifest cannot change this.', { faults });
}

function isKeyOf(jwk: ManifestAgent['jwk'], keys: readonly SigningKey[]): boolean {
  const given = canonicalizeJson({ ...publicJwkOf(jwk ?? null) });
  return keys.some(({ publicJwk }) => canonicalizeJson({ ...publicJwk }) === given);
}

function checkProposed(
  { loopback }: PlanManifestDeps,
  order: {
    readonly organization: Organization;
    readonly agent: Agent;
    readonly proposed: AgentProfile;
  },
): void {
  const { organization, agent, proposed } = order;
  checkProfile(proposed, { loopback });
  for (const clientId of clientIdsOf(organization, { ...agent, ...proposed })) {
    checkClientIdLength(clientId, {
      pointer: '/profiles',
      detail: 'the strict document would have a client_id that is too long',
    });
  }
}

/** The members of an entry that an owner may change; what is absent stays out. */
function profileOf(entry: ManifestAgent) {
  const { name, description, owners, team, tags, version } = entry;
  const { redirectUris, grantTypes, logoUri, profiles } = entry;
  return {
    ...{ name, description, owners, team, tags, version },
    ...{ redirectUris, grantTypes, logoUri, profiles },
    ...(entry.expiresAt === undefined ? {} : { expiresAt: new Date(entry.expiresAt) }),
  };
}

function differences(before: AgentProfile, after: AgentProfile): readonly MemberChange[] {
  const names = Object.keys(after).filter((name): name is keyof AgentProfile => name in after);
  return names
    .map((member) => ({ member, from: jsonOf(before[member]), to: jsonOf(after[member]) }))
    .filter(({ from, to }) => canonicalizeJson(from) !== canonicalizeJson(to));
}

function jsonOf(value: AgentProfile[keyof AgentProfile]): JsonValue {
  return value instanceof Date ? value.toISOString() : value;
}
