import type { Agent } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { Actor, AuditEvent, CallOrigin } from '../audit/audit-event.ts';
import {
  type Enrolment,
  type EnrolmentRequest,
  enrolmentStateAt,
  hashEnrolmentToken,
} from '../enrolments/enrolment.ts';
import type { EnrolmentReader } from '../enrolments/enrolment-store.ts';
import { checkAudience, verifyEnrolmentProof } from '../enrolments/verify-enrolment-proof.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { jwkThumbprint } from '../protocol/jwk.ts';
import { draftAgent, type EnrolAgentDeps, enrolAgent, publicJwkOf } from './enrol-agent.ts';
import type { EnrolOutcome, EnrolWithTokenInput } from './enrolment-cases.ts';
import { agentInputOf } from './ordered-agent.ts';
import type { PapersDeps, PapersStores } from './papers.ts';
import { type PublishStandingDeps, publishStanding } from './publish-standing.ts';

/** What onboarding needs, and what finishes one that a restart cut short. */
export interface EnrolWithTokenDeps
  extends EnrolAgentDeps,
    PublishStandingDeps,
    Pick<PapersDeps, 'clock'> {
  readonly agents: AgentReader;
  readonly enrolments: EnrolmentReader;
}

/**
 * Gives an agent its identity for a one-time token and the proof that it holds its key, or puts it
 * in the queue of approvals. The token is spent in the transaction that records the agent, so a
 * refusal leaves it usable; afterwards it answers the same key, with the same identity, and nobody
 * else. Tokens that open nothing are refused in the same words, whatever the reason.
 */
export async function enrolWithToken(
  deps: EnrolWithTokenDeps,
  input: EnrolWithTokenInput,
): Promise<EnrolOutcome> {
  const key = publicJwkOf(input.jwk);
  const at = deps.clock.now();
  const tokenHash = hashEnrolmentToken(input.token, 'base64url');
  // Before the token is looked up: what is said about a proof tells nothing about the token.
  const proof = await verifyEnrolmentProof(input.proof, { key, tokenHash, at });
  const thumbprint = await jwkThumbprint(key);
  const found = await deps.enrolments.findByHash(hashEnrolmentToken(input.token));
  const enrolment = checkUsable(found, thumbprint, at);
  const { organization } = await deps.issuers.find(enrolment.organizationId);
  checkAudience(proof, organization.baseUrl);
  const request = { ...namesOf(enrolment, input), jwk: key, thumbprint, at };
  const settled = await settledOutcome(deps, enrolment, request);
  return settled ?? begin(deps, enrolment, { request, origin: input.from });
}

/** Refuses a token that opens nothing for this key. */
function checkUsable(enrolment: Enrolment | null, thumbprint: string, at: Date): Enrolment {
  if (enrolment === null) throw refused();
  const state = enrolmentStateAt(enrolment, at);
  if (state === 'open') return enrolment;
  const isHeld = state === 'enrolled' || state === 'awaiting-approval';
  if (isHeld && enrolment.request?.thumbprint === thumbprint) return enrolment;
  throw refused();
}

/** The one answer to tokens that are wrong, expired, withdrawn, rejected or another key's. */
function refused(): SealwrightError {
  return new SealwrightError('enrolment-refused', 'The enrolment token cannot be used.');
}

/** What the agent is called: what was fixed before is not for the agent to change. */
function namesOf(
  { handle: fixed, order, request }: Enrolment,
  input: EnrolWithTokenInput,
): Pick<EnrolmentRequest, 'handle' | 'name'> {
  const handle = fixedOr('/handle', request?.handle ?? fixed, input.handle);
  if (handle === undefined) {
    throw new SealwrightError('invalid-input', 'The agent has no handle.', {
      faults: [{ pointer: '/handle', detail: 'must be given: the enrolment does not fix it' }],
    });
  }
  const name = fixedOr('/name', request?.name ?? order.name ?? null, input.name);
  return { handle, name: name ?? handle };
}

function fixedOr(
  pointer: string,
  fixed: string | null,
  given: string | undefined,
): string | undefined {
  if (fixed === null) return given;
  if (given === undefined || given === fixed) return fixed;
  throw new SealwrightError('invalid-input', 'The enrolment is for an agent of another name.', {
    faults: [{ pointer, detail: 'is fixed already: leave it out' }],
  });
}

/** The answer to a key that came before; null while nobody did. */
async function settledOutcome(
  deps: EnrolWithTokenDeps,
  enrolment: Enrolment,
  { thumbprint }: Pick<EnrolmentRequest, 'thumbprint'>,
): Promise<EnrolOutcome | null> {
  if (enrolment.request?.thumbprint !== thumbprint) return null;
  if (enrolment.state === 'awaiting-approval') return { state: 'awaiting-approval', enrolment };
  if (enrolment.state !== 'enrolled') return null;
  return { state: 'enrolled', agent: await finishOnboarding(deps, enrolment) };
}

/** The agent of an enrolment that is used; papers that a restart left unpublished are published. */
export async function finishOnboarding(
  deps: PublishStandingDeps & { readonly agents: AgentReader },
  { agentId }: Enrolment,
): Promise<Agent> {
  const [agent] = agentId === null ? [] : await deps.agents.findMany([agentId]);
  if (agent === undefined) throw new TypeError('An enrolment that is used has no agent.');
  return agent.state === 'pending' ? publishStanding(deps, agent, { narrows: false }) : agent;
}

/** What an agent asked, and where its call came from. */
interface Asked {
  readonly request: EnrolmentRequest;
  readonly origin: CallOrigin | undefined;
}

async function begin(
  deps: EnrolWithTokenDeps,
  enrolment: Enrolment,
  { request, origin }: Asked,
): Promise<EnrolOutcome> {
  try {
    if (enrolment.needsApproval) return await ask(deps, enrolment, { request, origin });
    const actor: Actor = { kind: 'enrolment', id: enrolment.id, from: origin };
    const input = { ...agentInputOf(enrolment, request, request.at), actor };
    const key = { custody: 'jwk', jwk: { ...request.jwk } } as const;
    const { agent } = await enrolAgent(deps, { ...input, key }, (stores, onboarded) =>
      spend(stores, { id: enrolment.id, from: 'open', request, agent: onboarded, origin }),
    );
    return { state: 'enrolled', agent };
  } catch (error) {
    return settledMeanwhile(deps, { enrolment, request, error });
  }
}

/** Of two calls with one key the second finds the token spent by the first: both get the answer. */
async function settledMeanwhile(
  deps: EnrolWithTokenDeps,
  lost: {
    readonly enrolment: Enrolment;
    readonly request: EnrolmentRequest;
    readonly error: unknown;
  },
): Promise<EnrolOutcome> {
  const { error } = lost;
  if (!(error instanceof SealwrightError && error.code === 'enrolment-refused')) throw error;
  const { organizationId, id } = lost.enrolment;
  const present = await deps.enrolments.find(organizationId, id);
  const settled = present === null ? null : await settledOutcome(deps, present, lost.request);
  if (settled === null) throw error;
  return settled;
}

/** Puts the key in the queue of approvals, if the agent could be onboarded with it now. */
async function ask(
  deps: EnrolWithTokenDeps,
  open: Enrolment,
  { request, origin }: Asked,
): Promise<EnrolOutcome> {
  const { id, organizationId } = open;
  const input = agentInputOf(open, request, request.at);
  await draftAgent(deps, { ...input, key: { custody: 'registry' } });
  if ((await deps.agents.findByHandle(organizationId, request.handle)) !== null) {
    throw new SealwrightError('handle-taken', `The handle ${request.handle} is, or was, in use.`);
  }
  const enrolment = await deps.work.run(async (stores) => {
    const locked = await lockIn(stores, { id, from: 'open', at: request.at });
    const waiting: Enrolment = { ...locked, state: 'awaiting-approval', request };
    await stores.enrolments.update(waiting);
    await stores.audit.append([
      {
        organizationId,
        actor: { kind: 'enrolment', id, from: origin },
        action: 'enrolment.requested',
        subject: id,
        reason: null,
        details: { handle: request.handle, name: request.name, key: request.thumbprint },
      },
    ]);
    return waiting;
  });
  return { state: 'awaiting-approval', enrolment };
}

/** Who spends an enrolment, from which state, and on which agent. */
export interface Spending {
  readonly id: Enrolment['id'];
  readonly from: 'open' | 'awaiting-approval';
  readonly request: EnrolmentRequest;
  readonly agent: Agent;
  /** What led to it, for the audit trail. */
  readonly decision?: AuditEvent;
  /** Where the call of the agent came from; absent where somebody else's led to it. */
  readonly origin?: CallOrigin | undefined;
}

/** Spends the enrolment on an agent, in the transaction that records that agent. */
export async function spend(stores: PapersStores, order: Spending): Promise<void> {
  const { id, from, request, agent, decision, origin } = order;
  const locked = await lockIn(stores, { id, from, at: agent.createdAt });
  await stores.enrolments.update({ ...locked, state: 'enrolled', request, agentId: agent.id });
  await stores.audit.append([
    ...(decision === undefined ? [] : [decision]),
    {
      organizationId: locked.organizationId,
      actor: { kind: 'enrolment', id, from: origin },
      action: 'enrolment.used',
      subject: id,
      reason: null,
      details: { agent: agent.id, handle: agent.handle, key: request.thumbprint },
    },
  ]);
}

async function lockIn(
  stores: PapersStores,
  { id, from, at }: Pick<Spending, 'id' | 'from'> & { readonly at: Date },
): Promise<Enrolment> {
  const locked = await stores.enrolments.lock(id);
  if (locked === null || enrolmentStateAt(locked, at) !== from) throw refused();
  return locked;
}
