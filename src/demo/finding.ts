/** One thing that the story found out, and whether it is what it should be. */
export interface Finding extends Required<Sighting> {
  readonly what: string;
  /** Whole milliseconds from the act to its effect. */
  readonly ms: number;
}

/** What a part of the story saw. */
export interface Sighting {
  readonly decision: string;
  /** Why, in the words of whoever decided: a reason of the verdict, or an error code. */
  readonly reason?: string | null;
  readonly asExpected: boolean;
}

/** Times an act until its effect is seen. */
export async function find(what: string, act: () => Promise<Sighting>): Promise<Finding> {
  const { value, ms } = await time(act);
  return { what, ms, reason: null, ...value };
}

/** The result of an act and the whole milliseconds it took. */
export async function time<Value>(
  act: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly ms: number }> {
  const start = performance.now();
  const value = await act();
  return { value, ms: Math.round(performance.now() - start) };
}
