import type { Verifier } from '../ports.ts';
import type { Verdict } from '../verdict.ts';
import { judgeRequest, type RequireAgentOptions } from './agent-gate.ts';

export type { RequireAgentOptions } from './agent-gate.ts';

/** The variable in which a request that passes carries its verdict: for the `Variables` of an app. */
export interface AgentVariables {
  agent: Verdict;
}

/** What is used of Hono's context. */
export interface AgentContext {
  set(key: 'agent', value: Verdict): void;
}

/** A middleware of Hono 4, or of anything of its shape. */
export type AgentMiddleware<Context extends AgentContext> = (
  context: Context,
  next: () => Promise<void>,
) => Promise<Response | undefined>;

/**
 * Lets a request pass only while the agent behind it is in good standing: to be placed after the
 * resource server's own token check, so that a live token of a revoked agent stops working.
 *
 * A request that passes finds the verdict in `context.get('agent')`. Any other is answered as by
 * `requireAgent` for Express: `agent-unidentified` 401, `agent-refused` and `agent-action-withheld`
 * 403, `agent-undetermined` 503 with `Retry-After`, as problem documents (RFC 9457).
 *
 * Under a policy in `monitor` mode every request with a client_id passes, its verdict in
 * `context.get('agent')` and reported. What the callbacks throw goes to Hono's `onError`.
 */
export function requireAgent<Context extends AgentContext>(
  verifier: Verifier,
  options: RequireAgentOptions<Context>,
): AgentMiddleware<Context> {
  return async (context, next) => {
    const judgement = await judgeRequest({ verifier, options }, context);
    if (!judgement.passes) {
      const { body, ...init } = judgement.refusal;
      return new Response(body, init);
    }
    context.set('agent', judgement.verdict);
    await next();
    return undefined;
  };
}
