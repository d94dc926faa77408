import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/new-id.ts';
import { leavesDoubt, SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { KeySeal } from '../keys/key-seal.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import { type RememberedRequest, type RequestId, rememberedMs } from './remembered-request.ts';
import type { RememberedRequestStore } from './remembered-request-store.ts';

const leaseMs = 60_000;
const extendEveryMs = 20_000;
const purpose = 'answer';

/** What answering once needs. */
export interface AnswerOnceDeps {
  readonly work: UnitOfWork<{ readonly requests: RememberedRequestStore }>;
  readonly seal: KeySeal;
  readonly clock: Clock;
}

/** A call under a key of its caller's choice. */
export interface AnswerOnceInput {
  readonly organizationId: OrganizationId;
  readonly tokenId: string;
  readonly key: string;
  /** Digest of everything that was asked. */
  readonly fingerprint: string;
}

/** The text of an answer, and whether it was given before. */
export interface OnceAnswered {
  readonly text: string;
  readonly isReplayed: boolean;
}

/**
 * Carries a call out. `isResent`: an earlier attempt under the same id ended, nobody knows how, and
 * may have done all of it but answer.
 */
export type CarryOut = (id: RequestId, isResent: boolean) => Promise<string>;

/**
 * Carries a call out once for its key: whoever sends it again within a day gets the same text. A
 * refusal is not kept, since it changed nothing. A call of which nobody knows how it ended is
 * carried out again with the same request id, by which `run` finds what the first attempt made.
 * Throws `idempotency-key-reused` for another question under the key, and
 * `idempotency-key-in-use` while an earlier one is still being answered.
 */
export async function answerOnce(
  deps: AnswerOnceDeps,
  input: AnswerOnceInput,
  run: CarryOut,
): Promise<OnceAnswered> {
  const asked = requestOf(input, deps.clock.now());
  const { request, isOurs } = await deps.work.run(({ requests }) => requests.claim(asked));
  if (request.fingerprint !== input.fingerprint) throw reused();
  const context = { organizationId: input.organizationId, keyId: request.id, purpose };
  if (request.answer !== null) {
    const text = new TextDecoder().decode(deps.seal.open(request.answer, context));
    return { text, isReplayed: true };
  }
  if (!isOurs) throw inUse();
  const isResent = request.id !== asked.id;
  const text = await runLeased(deps, request, (id) => run(id, isResent));
  const sealed = deps.seal.seal(new TextEncoder().encode(text), context);
  await deps.work.run(({ requests }) => requests.answer(request.id, sealed));
  return { text, isReplayed: false };
}

/** Forgets requests that are older than a day. May be repeated; returns how many there were. */
export function forgetRequests(deps: Omit<AnswerOnceDeps, 'seal'>, limit: number): Promise<number> {
  const before = new Date(deps.clock.now().getTime() - rememberedMs);
  return deps.work.run(({ requests }) => requests.forget(before, limit));
}

function requestOf(input: AnswerOnceInput, now: Date): RememberedRequest {
  const { tokenId, key, fingerprint } = input;
  const leaseUntil = new Date(now.getTime() + leaseMs);
  const id = newId<RequestId>('req', now);
  return { id, tokenId, key, fingerprint, createdAt: now, leaseUntil, answer: null };
}

/** Runs with the lease kept alive, so that a long call is not carried out beside itself. */
async function runLeased(
  deps: AnswerOnceDeps,
  { id }: RememberedRequest,
  run: (id: RequestId) => Promise<string>,
): Promise<string> {
  const lease = (until: number): Promise<void> =>
    deps.work.run(({ requests }) => requests.lease(id, new Date(until)));
  const extend = (): void => {
    // A lease that could not be extended ends early: the caller's next attempt finds what was made.
    lease(deps.clock.now().getTime() + leaseMs).catch(() => undefined);
  };
  const timer = setInterval(extend, extendEveryMs);
  try {
    return await run(id);
  } catch (error) {
    if (isRefusal(error)) await deps.work.run(({ requests }) => requests.release(id));
    else await lease(deps.clock.now().getTime()).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Whether the call is known to have changed nothing. */
function isRefusal(error: unknown): boolean {
  return error instanceof SealwrightError && !leavesDoubt(error);
}

function reused(): SealwrightError {
  return new SealwrightError(
    'idempotency-key-reused',
    'This Idempotency-Key was used for another request.',
  );
}

function inUse(): SealwrightError {
  return new SealwrightError(
    'idempotency-key-in-use',
    'An earlier request with this Idempotency-Key is still being answered.',
  );
}
