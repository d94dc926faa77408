import type { Logger } from './http/log.ts';

/** How often the registry looks for what it owes without being asked. */
const roundMs = 15_000;
/** How soon a process that is the one to run rounds from now on begins. */
const lookMs = 500;

/** What one round did: counts for the log, and what stood in the way of parts of it. */
export interface Round {
  readonly failures: readonly unknown[];
}

/** Where rounds run, and who hears of them. */
export interface RoundsOrder {
  readonly log: Logger;
  /** Whether this process is the one that runs rounds now. */
  readonly mayRun: () => boolean;
  /** Once this is aborted no round begins, and one under way begins nothing more. */
  readonly stopping: AbortSignal;
}

/**
 * Runs a round every 15 seconds, one at a time, while this process is the one that may; one that
 * takes over from another process begins at once. A round that fails is logged and tried again.
 * The returned function ends that, after the round under way: abort `stopping` to have it end soon.
 */
export function startRounds(
  round: (stopping: AbortSignal) => Promise<Round>,
  order: RoundsOrder,
): () => Promise<void> {
  let running: Promise<void> | null = null;
  let might = order.mayRun();
  let nextAt = performance.now() + roundMs;
  const timer = setInterval(() => {
    const tookOver = order.mayRun() && !might;
    might = order.mayRun();
    if (!might || running !== null || order.stopping.aborted) return;
    if (performance.now() < nextAt && !tookOver) return;
    nextAt = performance.now() + roundMs;
    running = round(order.stopping)
      .then((done) => logRound(order.log, done))
      .catch((err: unknown) => order.log.error({ message: 'A round failed.', err }))
      .finally(() => {
        running = null;
      });
  }, lookMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

function logRound(log: Logger, { failures, ...done }: Round): void {
  const counts: readonly unknown[] = Object.values(done);
  if (counts.some((count) => typeof count === 'number' && count > 0)) {
    log.info({ message: 'round', ...done });
  }
  for (const err of failures) log.error({ message: 'Part of a round failed.', err });
}
