import { addDuration } from '../kernel/duration.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';

const defaultDays = 90;
/** No facet outlives a little over a year: longer statements go stale unnoticed. */
const mostDays = 398;
const dayMs = 24 * 3_600_000;

/** No credential ends later than so long after it was made, in milliseconds. */
export const longestValidityMs = mostDays * dayMs;

/** How long a facet is asked to hold: `validFor`, `validUntil` or neither, never both. */
export interface ValidityOrder {
  /** ISO 8601 duration in years, months, weeks and days. */
  readonly validFor?: string | undefined;
  readonly validUntil?: Date | undefined;
  /** The end of the agent itself, which nothing outlives. */
  readonly agentExpiresAt: Date | null;
}

/** The span in which a credential holds, in whole seconds. */
export interface Validity {
  readonly validFrom: Date;
  readonly validUntil: Date;
}

/** The span of a facet, in whole seconds: 90 days unless told, at most 398, never past its agent. */
export function resolveValidity(order: ValidityOrder, now: Date): Validity {
  if (order.validFor !== undefined && order.validUntil !== undefined) {
    throw refuse('/validFor', 'give either validFor or validUntil, not both');
  }
  const validFrom = wholeSeconds(now);
  const asked = askedEnd(order, validFrom);
  const pointer = order.validUntil === undefined ? '/validFor' : '/validUntil';
  if (wholeSeconds(asked) <= validFrom) throw refuse(pointer, 'must end in the future');
  if (asked.getTime() - validFrom.getTime() > longestValidityMs) {
    throw refuse(pointer, `must be at most ${mostDays} days`);
  }
  const { agentExpiresAt } = order;
  const ends = agentExpiresAt !== null && agentExpiresAt < asked ? agentExpiresAt : asked;
  return { validFrom, validUntil: wholeSeconds(ends) };
}

/** How long a facet is asked to hold from `validFrom` on, in seconds, whatever its agent's end. */
export function lifeOf(order: ValidityOrder, validFrom: Date): number {
  return Math.floor((askedEnd(order, validFrom).getTime() - validFrom.getTime()) / 1_000);
}

function askedEnd(order: ValidityOrder, validFrom: Date): Date {
  return order.validUntil ?? endOf(validFrom, order.validFor ?? `P${defaultDays}D`);
}

/** Cuts off the fraction of a second, which NumericDate claims and validFrom do not carry. */
export function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1_000) * 1_000);
}

/** Whole days: a facet that is to end within the day is revoked, or given a moment. */
function endOf(from: Date, duration: string): Date {
  const end = duration.includes('T') ? null : addDuration(from, duration);
  if (end !== null) return end;
  throw refuse('/validFor', 'must be a duration such as P90D or P1Y');
}

function refuse(pointer: string, detail: string): SealwrightError {
  return new SealwrightError('invalid-input', 'The validity is not usable.', {
    faults: [{ pointer, detail }],
  });
}
