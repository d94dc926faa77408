import type { AccessRequest, Verifier } from '../verifier/ports.ts';
import { within } from '../verifier/resolve/within.ts';
import type { Verdict } from '../verifier/verdict.ts';
import { type Mode, type Question, type Ruling, rulingOn, rulingWithout } from './ruling.ts';

/** What judging needs. */
export interface Bench {
  readonly verifier: Pick<Verifier, 'verifyClient' | 'verifyCredential'>;
  /** The mode of the policy in force, for a ruling without a verdict. */
  readonly mode: () => Mode;
  /** Hears of every verdict, also of one that came too late for its question. */
  readonly onVerdict: (question: Question, verdict: Verdict) => void;
  /** Hears of a verifier that threw, which none does for what clients or issuers send. */
  readonly onFailure: (error: unknown) => void;
}

type Answered = Verdict | 'verifier-failed';

/**
 * Asks the verifier, and waits for `withinMs` milliseconds. A verdict that comes later is lost to
 * this question, but what was read for it is kept, so that the next one is answered at once.
 */
export async function judge(bench: Bench, question: Question, withinMs: number): Promise<Ruling> {
  const verdict = await within<Answered | 'deadline-exceeded'>(
    withinMs,
    ask(bench, question),
    () => 'deadline-exceeded',
  );
  return typeof verdict === 'string'
    ? rulingWithout(question, { mode: bench.mode(), reason: verdict })
    : rulingOn(question, verdict);
}

async function ask(bench: Bench, question: Question): Promise<Answered> {
  const { kind, value, scope, authorizationDetails } = question;
  const request: AccessRequest = {
    ...(scope === undefined ? {} : { scope }),
    ...(authorizationDetails === undefined ? {} : { authorizationDetails }),
  };
  const { verifier } = bench;
  try {
    const verdict =
      kind === 'jwt'
        ? await verifier.verifyCredential(value, request)
        : await verifier.verifyClient(value, request);
    bench.onVerdict(question, verdict);
    return verdict;
  } catch (error) {
    bench.onFailure(error);
    return 'verifier-failed';
  }
}
