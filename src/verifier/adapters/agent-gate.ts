import { isScopeToken, parseScope } from '../../protocol/scope.ts';
import type { AccessRequest, Verifier } from '../ports.ts';
import type { Verdict } from '../verdict.ts';

/** How a resource server finds out who calls and what the call needs. */
export interface RequireAgentOptions<Request> {
  /** The client_id that the resource server's own token check found; undefined when there is none. */
  readonly clientId: (request: Request) => string | undefined;
  /**
   * The scopes, space-separated, that the papers must permit for this request: one for all, or by
   * request. Absent or undefined asks only whether the agent is in good standing.
   */
  readonly action?: string | ((request: Request) => string | undefined);
  /** Called with every verdict, before the request goes on or is answered. */
  readonly onVerdict?: (verdict: Verdict, request: Request) => void;
}

/** The answer to a request that does not pass: a problem document (RFC 9457) as text. */
export interface Refusal {
  readonly status: 401 | 403 | 503;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** The verdict of a request that passes, or the answer to one that does not. */
export type Judgement =
  | { readonly passes: true; readonly verdict: Verdict }
  | { readonly passes: false; readonly refusal: Refusal };

interface Problem {
  readonly status: Refusal['status'];
  readonly headers: { readonly [name: string]: string };
  readonly body: {
    readonly code: string;
    readonly title: string;
    readonly detail: string;
    readonly reason?: string | null;
    readonly withheld?: readonly string[];
    readonly report?: string;
  };
}

const retryAfterS = 5;

/**
 * What every `requireAgent` decides, whatever the framework: takes the verdict on the client of a
 * request, reports it, and says whether the request passes. Throws only what the callbacks throw.
 */
export async function judgeRequest<Request>(
  deps: { readonly verifier: Verifier; readonly options: RequireAgentOptions<Request> },
  request: Request,
): Promise<Judgement> {
  const { verifier, options } = deps;
  const clientId = options.clientId(request);
  if (clientId === undefined || clientId === '') return refuse(unidentified());
  const scope = actionOf(options, request);
  const asked: AccessRequest = scope === undefined ? {} : { scope };
  const verdict = await verifier.verifyClient(clientId, asked);
  options.onVerdict?.(verdict, request);
  const problem = verdict.advisory === true ? undefined : objection(verdict, scope);
  return problem === undefined ? { passes: true, verdict } : refuse(problem);
}

function objection(verdict: Verdict, scope: string | undefined): Problem | undefined {
  if (verdict.outcome === 'undetermined') return undetermined(verdict);
  if (verdict.outcome === 'rejected') return refused(verdict);
  const missing = missingFrom(verdict, scope);
  return missing.length > 0 ? withheld(verdict, missing) : undefined;
}

function actionOf<Request>(options: RequireAgentOptions<Request>, request: Request) {
  return typeof options.action === 'function' ? options.action(request) : options.action;
}

function missingFrom(verdict: Verdict, scope: string | undefined): readonly string[] {
  return parseScope(scope ?? '').filter((token) => !verdict.granted.includes(token));
}

function unidentified(): Problem {
  return {
    status: 401,
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
    body: {
      code: 'agent-unidentified',
      title: 'No agent identified',
      detail: 'The request names no client whose papers could be checked.',
    },
  };
}

function refused(verdict: Verdict): Problem {
  return {
    status: 403,
    headers: {},
    body: {
      code: 'agent-refused',
      title: 'Agent refused',
      detail: "The agent's papers do not hold. A new access token does not change that.",
      reason: verdict.reason,
      report: verdict.report.report,
    },
  };
}

function withheld(verdict: Verdict, missing: readonly string[]): Problem {
  const printable = missing.filter(isScopeToken).join(' ');
  return {
    status: 403,
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${printable}"` },
    body: {
      code: 'agent-action-withheld',
      title: 'Action not permitted',
      detail: 'The agent is in good standing, but its papers do not permit this action.',
      withheld: missing,
      report: verdict.report.report,
    },
  };
}

function undetermined(verdict: Verdict): Problem {
  return {
    status: 503,
    headers: { 'Retry-After': String(retryAfterS) },
    body: {
      code: 'agent-undetermined',
      title: 'Agent not verifiable at this time',
      detail: 'Whether the papers hold could not be found out. This is not a refusal.',
      reason: verdict.reason,
      report: verdict.report.report,
    },
  };
}

function refuse(problem: Problem): Judgement {
  const { code, ...members } = problem.body;
  const type = `urn:sealwright:problem:${code}`;
  const headers = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    ...problem.headers,
  };
  const body = JSON.stringify({ type, code, status: problem.status, ...members });
  return { passes: false, refusal: { status: problem.status, headers, body } };
}
