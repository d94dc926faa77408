import type { AgentId } from '../agents/agent.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { cacheControls } from '../publication/public-document.ts';
import type { KeyId } from './signing-key.ts';

/**
 * What is done, in this order, to give an agent another key without anybody noticing.
 *
 * | step | passport | key set and DID document | why it waits then |
 * |---|---|---|---|
 * | introduced | former and new key | former | passports that do not know the new key leave the caches |
 * | published | both | both | key sets without the new key leave the caches |
 * | activated | both | both | the agent moves to the new key: the overlap |
 * | retired | both | new | key sets with the former key leave the caches |
 * | removed | new | new | passports that name the former key leave the caches |
 * | finished | new | new | the passports that name the former key are revoked: it is over |
 */
export const rotationSteps = [
  'introduced',
  'published',
  'activated',
  'retired',
  'removed',
  'finished',
] as const;

/** A step of a rotation. */
export type RotationStep = (typeof rotationSteps)[number];

/** A rotation that is under way: an agent has at most one. */
export interface KeyRotation {
  readonly agentId: AgentId;
  readonly formerKeyId: KeyId;
  readonly newKeyId: KeyId;
  /** The last step that was taken; never `finished`, with which the rotation is gone. */
  readonly step: RotationStep;
  /** How long the former key is accepted beside the new one, in seconds. */
  readonly overlapS: number;
  /** How long the documents that show the step have to be out before the next one, in seconds. */
  readonly waitS: number;
  readonly startedAt: Date;
  /** When the documents that show the step were published; null while they are owed. */
  readonly shownAt: Date | null;
  /** When the next step may be taken; null while `shownAt` is. */
  readonly dueAt: Date | null;
}

/** A step with the moment at which it is, or was, taken; null for those that are long over. */
export interface PlannedStep {
  readonly step: RotationStep;
  readonly done: boolean;
  readonly at: Date | null;
}

/**
 * What lies between the moment that a document is recorded as published and the last reader's first
 * sight of it: the commit, and clocks that differ by as much as a verifier allows for (60 s).
 */
const settlingS = 60;
/** Our verifier reuses a copy for 5 s even when caches on the way have used up its max-age. */
const verifierFloorS = 5;
/** `jose` reuses a remote key set for 10 minutes whatever its max-age says (`cacheMaxAge`). */
const joseCacheS = 600;

const identityMaxAgeS = maxAgeOf(cacheControls.identity);

/** After so long nobody reuses a client document that was replaced. Seconds. */
export const documentsHeldS = identityMaxAgeS + verifierFloorS + settlingS;
/** After so long nobody reuses a key set or a DID document that was replaced. Seconds. */
export const keySetsHeldS = Math.max(identityMaxAgeS + verifierFloorS, joseCacheS) + settlingS;

const defaultOverlapS = 24 * 3_600;
/** A client assertion lives for five minutes at most: the last one by the former key is still good. */
const leastOverlapS = 300;
const mostOverlapS = 30 * 24 * 3_600;
const overlapPattern = /^P(?=\d|T\d)(?:(\d{1,3})D)?(?:T(?=\d)(?:(\d{1,3})H)?(?:(\d{1,5})M)?)?$/;

/**
 * The overlap that is asked for, in seconds: an ISO 8601 duration in days, hours and minutes, such as
 * `P1D` or `PT10M`, from five minutes to thirty days; a day unless given. Throws `invalid-input`.
 */
export function overlapSecondsOf(overlap: string | undefined): number {
  if (overlap === undefined) return defaultOverlapS;
  const [, days = '0', hours = '0', minutes = '0'] = overlapPattern.exec(overlap) ?? [];
  const seconds = Number(days) * 86_400 + Number(hours) * 3_600 + Number(minutes) * 60;
  if (seconds >= leastOverlapS && seconds <= mostOverlapS) return seconds;
  throw new SealwrightError('invalid-input', 'The overlap is not usable.', {
    faults: [
      { pointer: '/overlap', detail: 'must be a duration from PT5M to P30D, such as P1D or PT10M' },
    ],
  });
}

/** How long the documents that show a step have to be out before the next one, in seconds. */
export function waitSecondsAfter(step: RotationStep, overlapS: number): number {
  if (step === 'activated') return overlapS;
  return step === 'introduced' || step === 'removed' ? documentsHeldS : keySetsHeldS;
}

/** The step that comes after this one. */
export function stepAfter(step: RotationStep): RotationStep {
  return rotationSteps[rotationSteps.indexOf(step) + 1] ?? 'finished';
}

/** Every step with its moment: the earliest one for those to come, as far as is known at `now`. */
export function planSteps(rotation: KeyRotation, now: Date): readonly PlannedStep[] {
  const present = rotationSteps.indexOf(rotation.step);
  const shown = rotation.shownAt ?? now;
  let next = rotation.dueAt ?? new Date(shown.getTime() + rotation.waitS * 1_000);
  return rotationSteps.map((step, place) => {
    if (place < present) return { step, done: true, at: null };
    if (place === present) return { step, done: true, at: shown };
    const at = next;
    next = new Date(at.getTime() + waitSecondsAfter(step, rotation.overlapS) * 1_000);
    return { step, done: false, at };
  });
}

function maxAgeOf(cacheControl: string): number {
  return Number(/max-age=(\d+)/.exec(cacheControl)?.[1]);
}
