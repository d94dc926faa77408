import { isAuthorizationDetail } from '../../protocol/authorization-details.ts';
import { canonicalizeJson } from '../../protocol/canonical-json.ts';
import { parseScope } from '../../protocol/scope.ts';
import type { AccessRequest, Verifier } from '../ports.ts';
import type { Grant, Verdict } from '../verdict.ts';
import { type AgentUse, differences } from './held-client.ts';
import { clientRefused, notKnown, oauthError } from './oidc-refusals.ts';
import { agentOf, handedOver, requestIn } from './oidc-request.ts';
import type {
  FindResourceServer,
  HeldToken,
  OidcClient,
  RequestContext,
  RequestParams,
  TokenClaims,
  TokenDetails,
} from './oidc-shapes.ts';

/** What a judge is told by the operator. */
export interface JudgeOptions {
  readonly onVerdict?: (verdict: Verdict, use: AgentUse) => void;
  readonly ownScopes?: readonly string[];
}

/** Turns verdicts into the answers that node-oidc-provider asks its configuration for. */
export class AgentJudge {
  readonly #verifier: Verifier;
  readonly #options: JudgeOptions;
  readonly #ownScopes: ReadonlySet<string>;
  readonly #origins = new Set<string>();
  readonly #lookups = new WeakMap<RequestContext, { clientId: string; verdict: Verdict }>();

  constructor(verifier: Verifier, options: JudgeOptions) {
    this.#verifier = verifier;
    this.#options = options;
    this.#ownScopes = new Set(options.ownScopes);
  }

  /** true for URLs on a host that publishes an accepted agent: the policy bounds their number. */
  readsFor(url: string): boolean {
    return this.#origins.has(new URL(url).origin);
  }

  /** Whether a metadata document may be read; its verdict also serves the lookup that follows. */
  async allowFetch(context: RequestContext | undefined, clientId: string): Promise<boolean> {
    const verdict = await this.#verdictOn(clientId, requestIn(context));
    const goesOn = verdict.outcome === 'accepted' || verdict.advisory === true;
    if (!goesOn) return this.settle(verdict, clientId);
    if (context !== undefined) this.#lookups.set(context, { clientId, verdict });
    return true;
  }

  /** Whether a client may be used that the server made of a metadata document. */
  async allowClient(context: RequestContext | undefined, held: OidcClient): Promise<boolean> {
    const { clientId } = held;
    const verdict =
      this.#takeLookup(context, clientId) ?? (await this.#verdictOn(clientId, requestIn(context)));
    const differing = verdict.outcome === 'accepted' ? differences(held, verdict.client) : [];
    return this.settle(verdict, clientId, differing);
  }

  /** The verdict on a client that an agent registered, as the server keeps it. Throws on a no. */
  async judgeRegistered(agent: string, held: OidcClient): Promise<Verdict> {
    const verdict = await this.#verdictOn(agent, {});
    const differing = verdict.outcome === 'accepted' ? differences(held, verdict.client) : [];
    if (!this.settle(verdict, agent, differing)) throw clientRefused();
    return verdict;
  }

  /**
   * Narrows an authorization request to what the papers permit, before it is pushed, shown to a
   * person or granted; papers permit no single claims about a person. Refused with `access_denied`
   * where they permit nothing of it.
   */
  async narrowRequest(context: RequestContext, client: OidcClient): Promise<void> {
    const agent = agentOf(client);
    const params = context.oidc?.params;
    const request = requestIn(context);
    const asks = Boolean(request.scope) || request.authorizationDetails !== undefined;
    if (agent === undefined || params === undefined || !asks) return;
    const verdict = await this.#verdictOn(agent, request);
    if (!this.settle(verdict, agent)) throw clientRefused();
    if (verdict.advisory !== true) this.#narrow(params, request, verdict.granted);
  }

  #narrow(params: RequestParams, request: AccessRequest, granted: readonly Grant[]): void {
    const scopes = this.#scopesWithin(request.scope ?? '', granted);
    const details = granted.filter(isAuthorizationDetail);
    if (scopes.length === 0 && details.length === 0) {
      throw oauthError(400, 'access_denied', {
        description: "the agent's papers permit nothing of what it asks for",
        redirects: true,
      });
    }
    // Single claims, such as an address, are what a scope stands for, asked for without naming it.
    if (params.claims !== undefined) params.claims = undefined;
    if (request.scope !== undefined) params.scope = scopes.join(' ') || undefined;
    if (request.authorizationDetails !== undefined) {
      params.authorization_details = details.length > 0 ? JSON.stringify(details) : undefined;
    }
  }

  /** The resource server's entry with only those scopes that the client's papers permit. */
  narrowingScopes(find: FindResourceServer): FindResourceServer {
    return async (context, resource, client) => {
      const info = await find(context, resource, client);
      const agent = agentOf(client);
      if (agent === undefined) return info;
      const verdict = await this.#permit(agent, { scope: info.scope, ...handedOver(context) });
      if (verdict.advisory === true) return info;
      return { ...info, scope: this.#scopesWithin(info.scope, verdict.granted).join(' ') };
    };
  }

  /** The operator's authorization details for a token, reduced to what the papers permit. */
  narrowingDetails(find: TokenDetails): TokenDetails {
    return async (context, token, ...more) => {
      const given = await find(context, token, ...more);
      const agent = agentOf(token.client ?? context.oidc?.client);
      if (agent === undefined || !Array.isArray(given)) return given;
      const request = { authorizationDetails: given, ...handedOver(context) };
      const verdict = await this.#permit(agent, request);
      return verdict.advisory === true ? given : verdict.granted.filter(isAuthorizationDetail);
    };
  }

  /**
   * Runs before any access token is stored or signed, whatever grant it came from. The verdict is
   * taken once more here, after the client has authenticated, so that it covers the keys too: had
   * they been swapped since the lookup, the verifier now holds the swapped ones and rejects.
   */
  guardingTokens(claims: TokenClaims | undefined): TokenClaims {
    return async (context, token) => {
      const agent = agentOf(token.client ?? context?.oidc?.client);
      if (agent !== undefined) await this.#guardToken(agent, context, token);
      return claims?.(context, token);
    };
  }

  async #guardToken(agent: string, context: RequestContext, token: HeldToken): Promise<void> {
    const { scope = '', rar } = token;
    const details = Array.isArray(rar) ? { authorizationDetails: rar } : {};
    const verdict = await this.#permit(agent, { scope, ...details, ...handedOver(context) });
    if (verdict.advisory === true) return;
    const permitted = this.#scopesWithin(scope, verdict.granted);
    const withheld = parseScope(scope).filter((one) => !permitted.includes(one));
    if (withheld.length > 0) {
      throw oauthError(400, 'invalid_scope', {
        description: "requested scope exceeds what the agent's papers permit",
        scope: withheld.join(' '),
      });
    }
    if (!sameGrants(rar ?? [], verdict.granted.filter(isAuthorizationDetail))) {
      // RFC 9396 §5
      throw oauthError(400, 'invalid_authorization_details', {
        description: "authorization details exceed what the agent's papers permit",
      });
    }
  }

  /** The verdict on what is about to be granted. Throws unless the client may have any of it. */
  async #permit(agent: string, request: AccessRequest): Promise<Verdict> {
    const verdict = await this.#verdictOn(agent, request);
    const passes = verdict.outcome === 'accepted' || verdict.advisory === true;
    if (!passes) {
      this.settle(verdict, agent);
      throw clientRefused();
    }
    return verdict;
  }

  /** Reports what becomes of a verdict. Throws where the answer is neither yes nor no. */
  settle(verdict: Verdict, clientId: string, differing: readonly string[] = []): boolean {
    const passes = verdict.outcome === 'accepted' && differing.length === 0;
    const allowed = passes || verdict.advisory === true;
    this.#options.onVerdict?.(verdict, { clientId, allowed, differing });
    if (allowed || verdict.outcome !== 'undetermined') return allowed;
    throw notKnown();
  }

  async #verdictOn(clientId: string, request: AccessRequest): Promise<Verdict> {
    const verdict = await this.#verifier.verifyClient(clientId, request);
    if (verdict.outcome === 'accepted') this.#origins.add(new URL(clientId).origin);
    return verdict;
  }

  // One lookup asks twice, around the reading of the document: the second answer is the first one,
  // and the document that was read is compared with it.
  #takeLookup(context: RequestContext | undefined, clientId: string): Verdict | undefined {
    const lookup = context && this.#lookups.get(context);
    if (context === undefined || lookup?.clientId !== clientId) return undefined;
    this.#lookups.delete(context);
    return lookup.verdict;
  }

  #scopesWithin(scope: string, granted: readonly Grant[]): readonly string[] {
    return parseScope(scope).filter((one) => this.#ownScopes.has(one) || granted.includes(one));
  }
}

function sameGrants(held: unknown, granted: readonly Grant[]): boolean {
  return canonicalizeJson(JSON.parse(JSON.stringify(held))) === canonicalizeJson([...granted]);
}
