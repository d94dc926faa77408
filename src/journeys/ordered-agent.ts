import type { Enrolment } from '../enrolments/enrolment.ts';
import { addDuration } from '../kernel/duration.ts';
import type { EnrolAgentInput } from './registry.ts';

/** The agent of an enrolment, as onboarding takes it, but for its key. */
export function agentInputOf(
  { id, organizationId, order }: Enrolment,
  named: { readonly handle: string; readonly name: string },
  at: Date,
): Omit<EnrolAgentInput, 'key'> {
  const { lifetime, endsAt, ...described } = order;
  return {
    ...described,
    organizationId,
    actor: { kind: 'enrolment', id },
    handle: named.handle,
    name: order.name ?? named.name,
    expiresAt: endOf({ lifetime, endsAt }, at),
  };
}

function endOf(
  { lifetime, endsAt }: Pick<Enrolment['order'], 'lifetime' | 'endsAt'>,
  at: Date,
): Date | undefined {
  if (endsAt !== undefined) return new Date(endsAt);
  return lifetime === undefined ? undefined : (addDuration(at, lifetime) ?? undefined);
}
