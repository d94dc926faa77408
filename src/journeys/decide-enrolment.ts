import type { AuditEvent } from '../audit/audit-event.ts';
import { type Enrolment, enrolmentStateAt } from '../enrolments/enrolment.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { checkReason } from './check-reason.ts';
import { enrolAgent } from './enrol-agent.ts';
import { type EnrolWithTokenDeps, finishOnboarding, spend } from './enrol-with-token.ts';
import type { EnrolmentRef } from './enrolment-cases.ts';
import { findEnrolment } from './find-enrolment.ts';
import { agentInputOf } from './ordered-agent.ts';

/**
 * Onboards the agent that waits, with the key, handle and name that were there to see. A refusal
 * leaves it waiting. Repeating it finishes what a restart cut short, and changes nothing else.
 */
export async function approveEnrolment(
  deps: EnrolWithTokenDeps,
  input: EnrolmentRef,
): Promise<Enrolment> {
  const found = await findEnrolment(deps, input);
  if (found.state === 'enrolled' && found.needsApproval) {
    await finishOnboarding(deps, found);
    return found;
  }
  const at = deps.clock.now();
  if (enrolmentStateAt(found, at) !== 'awaiting-approval') throw wrongState(found, at);
  return onboard(deps, { found, input, at });
}

async function onboard(
  deps: EnrolWithTokenDeps,
  order: { readonly found: Enrolment; readonly input: EnrolmentRef; readonly at: Date },
): Promise<Enrolment> {
  const { found, input, at } = order;
  const { id, request } = found;
  if (request === null) throw new TypeError('An enrolment awaits approval of nothing.');
  const agent = { ...agentInputOf(found, request, at), key: keyOf(request) };
  const decision = eventOf(found, { input, action: 'enrolment.approved', reason: null });
  try {
    await enrolAgent(deps, agent, (stores, onboarded) =>
      spend(stores, { id, from: 'awaiting-approval', request, agent: onboarded, decision }),
    );
  } catch (error) {
    const present = await findEnrolment(deps, input);
    if (present.state === 'awaiting-approval') throw error;
    if (present.state !== 'enrolled') throw wrongState(present, at);
    // Decided alike by somebody else, or by us and not yet published: either way it is finished.
    await finishOnboarding(deps, present);
  }
  return findEnrolment(deps, input);
}

function keyOf({ jwk }: NonNullable<Enrolment['request']>) {
  return { custody: 'jwk', jwk: { ...jwk } } as const;
}

/** Refuses the agent that waits; the token is then spent. The reason stands in the audit trail. */
export async function rejectEnrolment(
  deps: EnrolWithTokenDeps,
  input: EnrolmentRef & { readonly reason: string },
): Promise<Enrolment> {
  checkReason(input.reason);
  return end(deps, input, {
    state: 'rejected',
    from: ['awaiting-approval'],
    action: 'enrolment.rejected',
    reason: input.reason,
  });
}

/** Ends a token that nobody was onboarded with. Repeating it is harmless. */
export async function withdrawEnrolment(
  deps: EnrolWithTokenDeps,
  input: EnrolmentRef,
): Promise<Enrolment> {
  return end(deps, input, {
    state: 'withdrawn',
    from: ['open', 'awaiting-approval', 'expired'],
    action: 'enrolment.withdrawn',
    reason: null,
  });
}

interface Ending {
  readonly state: 'rejected' | 'withdrawn';
  readonly from: readonly ReturnType<typeof enrolmentStateAt>[];
  readonly action: 'enrolment.rejected' | 'enrolment.withdrawn';
  readonly reason: string | null;
}

async function end(
  deps: EnrolWithTokenDeps,
  input: EnrolmentRef,
  ending: Ending,
): Promise<Enrolment> {
  const { id } = await findEnrolment(deps, input);
  return deps.work.run(async (stores) => {
    const locked = await stores.enrolments.lock(id);
    if (locked === null) throw new TypeError('An enrolment went away.');
    if (locked.state === ending.state) return locked;
    const at = deps.clock.now();
    if (!ending.from.includes(enrolmentStateAt(locked, at))) throw wrongState(locked, at);
    const ended: Enrolment = { ...locked, state: ending.state, reason: ending.reason };
    await stores.enrolments.update(ended);
    await stores.audit.append([eventOf(ended, { input, ...ending })]);
    return ended;
  });
}

function eventOf(
  { organizationId, id, request }: Enrolment,
  decision: {
    readonly input: EnrolmentRef;
    readonly action: 'enrolment.approved' | Ending['action'];
    readonly reason: string | null;
  },
): AuditEvent {
  return {
    organizationId,
    actor: decision.input.actor,
    action: decision.action,
    subject: id,
    reason: decision.reason,
    details: { handle: request?.handle ?? null, key: request?.thumbprint ?? null },
  };
}

function wrongState(enrolment: Enrolment, at: Date): SealwrightError {
  const state = enrolmentStateAt(enrolment, at);
  return new SealwrightError('enrolment-wrong-state', `The enrolment is ${state}.`);
}
