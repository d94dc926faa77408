import type { Verifier } from '../ports.ts';
import { judgeRequest, type Refusal, type RequireAgentOptions } from './agent-gate.ts';

export type { RequireAgentOptions } from './agent-gate.ts';
export type { PushHandler, PushRequest, PushResponse } from './receive-events.ts';
export { receiveEvents } from './receive-events.ts';

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
      const judgement = await judgeRequest({ verifier, options }, request);
      if (!judgement.passes) return answer(response, judgement.refusal);
      response.locals.agent = judgement.verdict;
      next();
    } catch (error) {
      next(error);
    }
  };
}

function answer(response: AgentResponse, { status, headers, body }: Refusal): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
}
