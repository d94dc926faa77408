import type { Enrolment } from '../enrolments/enrolment.ts';
import type { AppliedAgent } from '../journeys/apply-manifest.ts';
import type { CreatedEnrolment } from '../journeys/enrolment-cases.ts';
import type { AgentPlan } from '../journeys/plan-manifest.ts';

const actions = ['create', 'change', 'unchanged', 'refuse'] as const;

/** What applying would do, agent by agent, in the order of the request. */
export function viewPlans(plans: readonly AgentPlan[]) {
  return { preview: true, summary: summaryOf(plans), agents: plans.map(viewPlan) };
}

/** What was done, agent by agent. A `privateJwk`, or the token of an enrolment, is there this once. */
export function viewResults(applied: readonly AppliedAgent[]) {
  const plans = applied.map(({ plan }) => plan);
  return { preview: false, summary: summaryOf(plans), agents: applied.map(viewResult) };
}

function summaryOf(plans: readonly AgentPlan[]) {
  return Object.fromEntries(
    actions.map((action) => [action, plans.filter((plan) => plan.action === action).length]),
  );
}

function viewPlan({ handle, action, members, steps, enrolment, problem }: AgentPlan) {
  return {
    ...{ handle, action, members },
    credentials: steps.map((step) => ({
      ...{ action: step.action, type: step.type },
      replaces: step.former.map(({ id }) => id),
    })),
    ...(enrolment && { enrolment: viewPending(enrolment) }),
    ...(problem && {
      problem: { code: problem.code, detail: problem.detail, errors: problem.faults },
    }),
  };
}

function viewPending({ id, expiresAt }: Enrolment) {
  return { id, expiresAt: expiresAt.toISOString() };
}

function viewInvitation({ enrolment, token, audience }: CreatedEnrolment) {
  return { ...viewPending(enrolment), token, audience };
}

function viewResult({ plan, agent, issued, privateJwk, invitation }: AppliedAgent) {
  const { credentials, ...shown } = viewPlan(plan);
  const ids = issued.map(({ id }) => id);
  return {
    ...shown,
    credentials: credentials.map((step) => {
      const id = step.action === 'revoke' ? undefined : ids.shift();
      return { ...step, ...(id && { id }) };
    }),
    ...(agent && { state: agent.state, clientId: agent.clientId, did: agent.did }),
    ...(privateJwk && { privateJwk }),
    ...(invitation && { enrolment: viewInvitation(invitation) }),
  };
}
