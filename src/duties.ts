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

/**
 * Begins what a registry does without being asked: rounds, checkpoints, and telling others. One
 * process at a time does what all of them owe together; each writes down what it saw itself. The
 * returned function ends all of it, after what is under way.
 */
export function startDuties(order: DutiesOrder): () => Promise<void> {
  const { rooms, log, metrics } = order;
  const one = { log, mayRun: () => rooms.watch.holdsLease };
  const each = { log, mayRun: () => true };
  const begin = (name: string, place: typeof one, round: () => Promise<Round>) =>
    startRounds(measureRound(metrics, name, round), place);
  const onTrouble = (err: unknown) => log.error({ message: 'Telling others failed.', err });
  const stops = [
    begin('papers', one, () => keepRegistry(rooms)),
    begin('estate', one, () => judgeEstate(rooms)),
    begin('journal', each, () => catchUpJournal(rooms)),
    begin('sightings', each, () => writeSightings(rooms)),
    begin('denied-calls', each, () => recordDenied(rooms, { all: false })),
    startCheckpoints(order),
    dispatchEvents({ ...rooms, onTrouble }),
  ];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
    await recordDenied(rooms, { all: true }).catch((err: unknown) => {
      log.error({ message: 'Denied calls of the last minute are not recorded.', err });
    });
  };
}

/** What papers and keys owe; and requests that nobody sends again are forgotten. */
async function keepRegistry(rooms: Rooms): Promise<KeptPapers> {
  await forgetRequests(rooms, rowsForgotten);
  return keepPapers(rooms);
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
