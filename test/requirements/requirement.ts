/** One line that the verifier is held to: an attack and its defence, or a rule of a standard. */
export interface Requirement {
  /** Stable; tests cite it at the beginning of their titles. */
  readonly id: string;
  /** What must be true, in one sentence, with the section of the standard where there is one. */
  readonly rule: string;
  /** Why no test cites it yet: a reason that a reviewer would accept. */
  readonly deferred?: string;
}

/** A requirement that tests hold the code to. */
export function held(id: string, rule: string): Requirement {
  return { id, rule };
}

/** A requirement that nothing holds the code to yet, and why. */
export function deferred(id: string, rule: string, reason: string): Requirement {
  return { id, rule, deferred: reason };
}
