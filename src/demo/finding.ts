/** One thing that the story found out, and whether it is what it should be. */
export interface Finding {
  readonly what: string;
  readonly decision: string;
  /** Why, in the words of whoever decided: a reason of the verdict, or an error code. */
  readonly reason: string | null;
  /** Milliseconds from the act to its effect. */
  readonly ms: number;
  readonly asExpected: boolean;
}

/** What a part of the story saw, before it was timed. */
export interface Sighting {
  readonly decision: string;
  readonly reason?: string | null;
  readonly asExpected: boolean;
}

/** Times an act until its effect is seen. */
export async function find(what: string, act: () => Promise<Sighting>): Promise<Finding> {
  const start = performance.now();
  const { decision, reason = null, asExpected } = await act();
  return { what, decision, reason, ms: Math.round(performance.now() - start), asExpected };
}
