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

/** What is used of a response of Express 4 or 5. */
export interface AgentResponse {
  readonly locals: { agent?: unknown };
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** A middleware of Express 4 or 5, or of anything of its shape. */
export type AgentMiddleware<Request> = (
  request: Request,
  response: AgentResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

const retryAfterS = 5;

/**
 * Lets a request pass only while the agent behind it is in good standing: to be placed after the
 * resource server's own token check, so that a live token of a revoked agent stops working.
 *
 * A request that passes finds the verdict in `response.locals.agent`. Any other is answered with a
 * problem document (RFC 9457) whose `code` is one of
 * - `agent-unidentified`, 401: no client_id (RFC 6750 §3.1 `invalid_token`);
 * - `agent-refused`, 403: the verdict is a rejection, `reason` says which;
 * - `agent-action-withheld`, 403: in good standing, but the papers do not permit the action
 *   (RFC 6750 §3.1 `insufficient_scope`);
 * - `agent-undetermined`, 503 with `Retry-After`: the verifier could not find out.
 *
 * Under a policy in `monitor` mode every request with a client_id passes, its verdict in
 * `response.locals.agent` and reported. What the callbacks throw goes to `next`.
 */
export function requireAgent<Request>(
  verifier: Verifier,
  options: RequireAgentOptions<Request>,
): AgentMiddleware<Request> {
  return async (request, response, next) => {
    try {
      const problem = await judge({ verifier, options }, { request, response });
      if (problem === undefined) next();
      else answer(response, problem);
    } catch (error) {
      next(error);
    }
  };
}

interface Problem {
  readonly status: number;
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

async function judge<Request>(
  deps: { readonly verifier: Verifier; readonly options: RequireAgentOptions<Request> },
  call: { readonly request: Request; readonly response: AgentResponse },
): Promise<Problem | undefined> {
  const { verifier, options } = deps;
  const clientId = options.clientId(call.request);
  if (clientId === undefined || clientId === '') return unidentified();
  const scope = actionOf(options, call.request);
  const asked: AccessRequest = scope === undefined ? {} : { scope };
  const verdict = await verifier.verifyClient(clientId, asked);
  options.onVerdict?.(verdict, call.request);
  const problem = verdict.advisory === true ? undefined : objection(verdict, scope);
  if (problem === undefined) call.response.locals.agent = verdict;
  return problem;
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

function answer(response: AgentResponse, problem: Problem): void {
  const { code, ...members } = problem.body;
  response.statusCode = problem.status;
  response.setHeader('Content-Type', 'application/problem+json');
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  const type = `urn:sealwright:problem:${code}`;
  response.end(JSON.stringify({ type, code, status: problem.status, ...members }));
}
