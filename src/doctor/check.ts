/** How a check ended; `skipped` says in its detail why there was nothing to look at. */
export type CheckOutcome = 'pass' | 'warn' | 'fail' | 'skipped';

/** What a check found, and what mends it. */
export interface CheckResult {
  /** Stable, such as `master-key`. */
  readonly id: string;
  readonly outcome: CheckOutcome;
  readonly detail: string;
  /** null where there is nothing to mend. */
  readonly fix: string | null;
}

/** A check that found all in order. */
export function pass(id: string, detail: string): CheckResult {
  return { id, outcome: 'pass', detail, fix: null };
}

/** Something that will become trouble. */
export function warn(id: string, detail: string, fix: string): CheckResult {
  return { id, outcome: 'warn', detail, fix };
}

/** Trouble. */
export function fail(id: string, detail: string, fix: string): CheckResult {
  return { id, outcome: 'fail', detail, fix };
}

/** Nothing to look at. */
export function skipped(id: string, detail: string): CheckResult {
  return { id, outcome: 'skipped', detail, fix: null };
}
