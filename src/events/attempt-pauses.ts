const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long is waited after each failed attempt, in milliseconds: eleven attempts in about a day. */
export const attemptPauses: readonly number[] = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  hour,
  2 * hour,
  4 * hour,
  8 * hour,
  8 * hour,
];

/** How far a pause may be from the table, so that what failed together does not come back together. */
const jitter = 0.2;

/** How long to wait after so many attempts, or null when there is no further one. */
export function pauseAfter(attempts: number, random: () => number = Math.random): number | null {
  const pause = attemptPauses[attempts - 1];
  return pause === undefined ? null : Math.round(pause * (1 + jitter * (2 * random() - 1)));
}
