import type { AuthorizationDetail } from '../protocol/authorization-details.ts';
import type { TrustPolicy } from '../verifier/ports.ts';
import type { Grant, Reason, Report, Verdict } from '../verifier/verdict.ts';

/** What is asked about a client, as a hook read it. */
export interface Question {
  readonly kind: 'client_id' | 'jwt';
  readonly value: string;
  /** The DID that the papers must name, when the client was asked about by its DID. */
  readonly did?: string;
  /** Space-separated scope tokens. */
  readonly scope?: string;
  readonly authorizationDetails?: readonly AuthorizationDetail[];
}

/**
 * Why there is no acceptance: a reason of the verifier, or one of the sidecar itself, which had no
 * verdict within the time of the hook, no room for the question, or a verifier that failed.
 */
export type RulingReason = Reason | 'deadline-exceeded' | 'overloaded' | 'verifier-failed';

/** Whether the policy decides, or only watches. */
export type Mode = TrustPolicy['mode'];

/** What the sidecar makes of a question. */
export interface Ruling {
  readonly mode: Mode;
  /**
   * Whether the product is told to go on: in monitor mode always, otherwise when the client is
   * accepted and nothing of what was asked for is withheld, since a hook cannot narrow a token.
   */
  readonly passes: boolean;
  readonly outcome: Verdict['outcome'];
  /** null exactly when the outcome is `accepted`. */
  readonly reason: RulingReason | null;
  /** What was asked about; null when the question was not read. */
  readonly clientId: string | null;
  readonly granted: readonly Grant[];
  readonly withheld: readonly Grant[];
  /** null when there is no verdict. */
  readonly report: Report | null;
}

/** The ruling that a verdict comes to. The verdict says which mode it was taken in. */
export function rulingOn(question: Question, verdict: Verdict): Ruling {
  const mode = verdict.advisory === true ? 'monitor' : 'enforce';
  const { outcome, reason, granted, withheld, report } = verdict;
  const whole = outcome === 'accepted' && withheld.length === 0;
  const clientId = question.kind === 'client_id' ? question.value : report.subject.clientId;
  const passes = mode === 'monitor' || whole;
  return { mode, passes, outcome, reason, clientId, granted, withheld, report };
}

/** The ruling without a verdict: unknown is not fine, so it passes in monitor mode alone. */
export function rulingWithout(
  question: Question | null,
  { mode, reason }: { readonly mode: Mode; readonly reason: RulingReason },
): Ruling {
  return {
    mode,
    passes: mode === 'monitor',
    outcome: 'undetermined',
    reason,
    clientId: question?.kind === 'client_id' ? question.value : null,
    granted: [],
    withheld: (question?.scope ?? '').split(' ').filter((token) => token !== ''),
    report: null,
  };
}

/** The code by which a refusing ruling is known in every answer. */
export function refusalCode(
  ruling: Ruling,
): 'agent-refused' | 'agent-action-withheld' | 'agent-undetermined' {
  if (ruling.outcome === 'accepted') return 'agent-action-withheld';
  return ruling.outcome === 'rejected' ? 'agent-refused' : 'agent-undetermined';
}

/** One sentence for whoever is refused; it names the reason and the report, and nothing of a peer. */
export function explain(ruling: Ruling): string {
  const report = ruling.report === null ? '' : ` (report ${ruling.report.report})`;
  if (ruling.outcome === 'accepted') {
    return `The agent's papers do not permit all that was asked for${report}.`;
  }
  const finding = ruling.outcome === 'rejected' ? 'are refused' : 'could not be judged';
  return `The agent's papers ${finding}: ${ruling.reason}${report}.`;
}
