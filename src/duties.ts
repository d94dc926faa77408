import type { AuditEvent } from './audit/audit-event.ts';
import { judgeEstate, noteSightings } from './estate/judge-estate.ts';
import { dispatchEvents } from './events/dispatch-events.ts';
import type { Logger } from './http/log.ts';
import type { CheckpointKeeper } from './journeys/checkpoint-keeper.ts';
import { type KeptPapers, keepPapers } from './journeys/keep-papers.ts';
import { measureRound } from './metrics/measured.ts';
import type { Metrics } from './metrics/metrics.ts';
import { forgetRequests } from './requests/answer-once.ts';
import { type Round, startRounds } from './rounds.ts';
import type { Rooms } from './wire-rooms.ts';

const checkpointLookMs = 1_000;
const rowsForgotten = 5_000;

/** What the duties work with, and who hears of their troubles. */
export interface DutiesOrder {
  readonly rooms: Rooms;
  readonly checkpoints: CheckpointKeeper;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** What a registry does without being asked, until it is stopped. */
export interface Duties {
  /** Rounds begin nothing more: one under way ends with the agents and lists that it is at. */
  interrupt(): void;
  /** Ends all of it, after what is under way. */
  stop(): Promise<void>;
}

/**
 * Begins what a registry does without being asked: rounds, checkpoints, and telling others. One
 * process at a time does what all of them owe together; each writes down what it saw itself.
 */
export function startDuties(order: DutiesOrder): Duties {
  const { rooms, log, metrics } = order;
  const interruption = new AbortController();
  const stopping = interruption.signal;
  const one = { log, stopping, mayRun: () => rooms.watch.holdsLease };
  const each = { log, stopping, mayRun: () => true };
  const begin = (
    name: string,
    place: typeof one,
    round: (stopping: AbortSignal) => Promise<Round>,
  ) => startRounds(measureRound(metrics, name, round), place);
  const onTrouble = (err: unknown) => log.error({ message: 'Telling others failed.', err });
  const stops = [
    begin('papers', one, (stopped) => keepRegistry(rooms, stopped)),
    begin('estate', one, (stopped) => judgeEstate(rooms, stopped)),
    begin('journal', each, () => catchUpJournal(rooms)),
    begin('sightings', each, () => writeSightings(rooms)),
    begin('denied-calls', each, () => recordDenied(rooms, { all: false })),
    startCheckpoints(order),
    dispatchEvents({ ...rooms, onTrouble }),
  ];
  const interrupt = (): void => interruption.abort();
  return {
    interrupt,
    stop: async () => {
      interrupt();
      await Promise.all(stops.map((stop) => stop()));
      await recordDenied(rooms, { all: true }).catch((err: unknown) => {
        log.error({ message: 'Denied calls of the last minute are not recorded.', err });
      });
    },
  };
}

/** What papers and keys owe; and requests that nobody sends again are forgotten. */
async function keepRegistry(rooms: Rooms, stopping: AbortSignal): Promise<KeptPapers> {
  await forgetRequests(rooms, rowsForgotten);
  return keepPapers(rooms, stopping);
}

async function catchUpJournal({ journal }: Rooms): Promise<Round> {
  await journal.catchUp();
  return { failures: [] };
}

async function writeSightings(rooms: Rooms): Promise<Round> {
  await noteSightings(rooms);
  return { failures: [] };
}

/** Calls that were denied in the minutes that are over; when the service stops, in the present one. */
async function recordDenied(rooms: Rooms, options: { readonly all: boolean }): Promise<Round> {
  const append = (events: readonly AuditEvent[]) =>
    rooms.work.run(({ audit }) => audit.append(events));
  await rooms.denied.record(rooms.clock.now(), append, options);
  return { failures: [] };
}

/** Looks every second whether a checkpoint is due. The log hears when trouble begins, and ends. */
function startCheckpoints({ checkpoints, log }: DutiesOrder): () => Promise<void> {
  let running: Promise<void> | null = null;
  let failing = false;
  const timer = setInterval(() => {
    running ??= checkpoints
      .round()
      .then(() => {
        if (failing) log.info({ message: 'Checkpoints of the audit trail are signed again.' });
        failing = false;
      })
      .catch((err: unknown) => {
        const contradicts = checkpoints.trouble?.contradicts === true;
        const message = 'No checkpoint of the audit trail can be signed.';
        if (!failing) log.error({ message, contradicts, err });
        failing = true;
      })
      .finally(() => {
        running = null;
      });
  }, checkpointLookMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
