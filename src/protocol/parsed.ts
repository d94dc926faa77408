/** One reason why an input was refused. Safe to show: never holds a secret or the input itself. */
export interface Fault {
  /** JSON Pointer (RFC 6901) into the input; empty for the input as a whole. */
  readonly pointer: string;
  /** Stable machine-readable name of the rule that was broken. */
  readonly rule: string;
  /** One English sentence, without a final full stop, for the person who has to mend it. */
  readonly detail: string;
}

/** A refusal, with at least one fault. Fits every `Parsed<T>`. */
export interface Refused {
  readonly ok: false;
  readonly faults: readonly Fault[];
}

/** What a parser gives back: the value, or everything that is wrong with the input. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | Refused;

/** Accepts an input as this value. */
export function accepted<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** Refuses an input for one reason. */
export function refused(pointer: string, rule: string, detail: string): Refused {
  return { ok: false, faults: [{ pointer, rule, detail }] };
}

/** Refuses an input for several reasons at once; `faults` is not empty. */
export function refusedAll(faults: readonly Fault[]): Refused {
  return { ok: false, faults };
}

/** The same refusal, with every pointer moved below `prefix`. */
export function refusedBelow(prefix: string, refusal: Refused): Refused {
  return refusedAll(
    refusal.faults.map((fault) => ({ ...fault, pointer: `${prefix}${fault.pointer}` })),
  );
}

/** One reference token of a JSON Pointer, escaped and with its leading slash (RFC 6901 §3). */
export function pointerTo(member: string | number): string {
  return `/${String(member).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
