import type { Fault } from '../protocol/parsed.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { Reason } from './verdict.ts';

/** How one check ended. Only the first three let the next check have its turn. */
export type Finding =
  | {
      readonly outcome: 'pass' | 'warn' | 'skipped';
      readonly evidence: JsonObject;
      readonly fix: string | null;
    }
  | {
      readonly outcome: 'fail' | 'undetermined';
      readonly reason: Reason;
      readonly evidence: JsonObject;
      readonly fix: string;
    };

const nothing: JsonObject = Object.freeze({});
const plainPass: Finding = Object.freeze({ outcome: 'pass', evidence: nothing, fix: null });

/** The rule holds. */
export function pass(evidence?: JsonObject): Finding {
  return evidence === undefined ? plainPass : { outcome: 'pass', evidence, fix: null };
}

/** The rule holds well enough to go on, and somebody should know. */
export function warn(evidence: JsonObject, fix: string): Finding {
  return { outcome: 'warn', evidence, fix };
}

/** The rule has nothing to say about this input. */
export function skip(because: string): Finding {
  return { outcome: 'skipped', evidence: { because }, fix: null };
}

/** The rule is broken: the verdict is `rejected` for this reason. */
export function fail(reason: Reason, evidence: JsonObject, fix: string): Finding {
  return { outcome: 'fail', reason, evidence, fix };
}

/** Nobody could find out: the verdict is `undetermined`, which denies by default. */
export function undetermined(reason: Reason, evidence: JsonObject, fix: string): Finding {
  return { outcome: 'undetermined', reason, evidence, fix };
}

const maxFaults = 8;
const maxPointerLength = 120;

/** The faults of a parser as evidence: what rule, where, never the content. */
export function evidenceOf(faults: readonly Fault[]): JsonObject {
  return {
    faults: faults.slice(0, maxFaults).map(({ pointer, rule, detail }) => ({
      pointer: pointer.slice(0, maxPointerLength),
      rule,
      detail,
    })),
  };
}
