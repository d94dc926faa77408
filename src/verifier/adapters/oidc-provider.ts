import { parseScope } from '../../protocol/scope.ts';
import type { FetchOutcome, Verifier } from '../ports.ts';
import type { Verdict, VerifiedClient } from '../verdict.ts';

/** What the adapter made of a verdict at one use of a client. */
export interface AgentUse {
  readonly clientId: string;
  /** true when the authorization server went on with the client. */
  readonly allowed: boolean;
  /** Members that the server held otherwise than the verified document has them. */
  readonly differing: readonly string[];
}

/** What an operator may add to the verdict: where to report it, and what stays the server's own. */
export interface AgentClientsOptions {
  /** Called with every verdict that lets a client in or keeps it out, before the server answers. */
  readonly onVerdict?: (verdict: Verdict, use: AgentUse) => void;
  /** For every URL but the agents' documents and keys; the global fetch unless given. */
  readonly fetch?: (url: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /**
   * Scopes that the server grants by its own rules and that papers have no say in, such as
   * `openid` or `offline_access`. None unless given.
   */
  readonly ownScopes?: readonly string[];
}

/** The client as node-oidc-provider holds it. */
interface HeldClient {
  readonly clientId: string;
  readonly clientIdMetadataDocument?: boolean;
  readonly redirectUris?: readonly string[] | undefined;
  readonly grantTypes?: readonly string[] | undefined;
  readonly tokenEndpointAuthMethod?: string | undefined;
  readonly jwksUri?: string | undefined;
  readonly jwks?: unknown;
}

interface RequestContext {
  readonly oidc?: {
    readonly params?: { readonly scope?: unknown } | undefined;
    readonly client?: HeldClient | undefined;
  };
}

interface HeldToken {
  readonly client?: HeldClient | undefined;
  readonly scope?: string | undefined;
}

interface ResourceServerInfo {
  readonly scope: string;
}

type FindResourceServer = (
  context: RequestContext,
  resource: string,
  client: HeldClient,
) => ResourceServerInfo | Promise<ResourceServerInfo>;

type TokenClaims = (context: RequestContext, token: HeldToken) => unknown;

interface ExtraMetadata {
  readonly properties?: readonly string[] | undefined;
  readonly validator?: unknown;
}

/** The members of a node-oidc-provider configuration that are wrapped instead of set. */
interface WrappedMembers {
  readonly features?: {
    readonly resourceIndicators?:
      | { readonly getResourceServerInfo?: FindResourceServer | undefined }
      | undefined;
  };
  readonly extraClientMetadata?: ExtraMetadata | undefined;
  readonly extraTokenClaims?: TokenClaims | undefined;
}

type Section = { readonly [name: string]: unknown };

/**
 * A node-oidc-provider 9 configuration under which agents are clients by their papers: the given
 * one, with Client ID Metadata Documents on and every use of such a client decided by the verifier.
 *
 * - The server reads documents and keys through `verifier.read`, so both judge the same octets, and
 *   keeps no copy of its own: the verifier's cache is the only one.
 * - A client_id outside the policy is refused before anything is fetched.
 * - The verdict is taken at every use. What the server holds must equal what was verified.
 * - Access tokens carry only scopes that the papers permit, in every grant. Scopes of a resource
 *   server are narrowed; a token without one is refused with `invalid_scope` instead. Other scopes
 *   than these, and `authorization_details`, stay the server's own affair.
 * - An undetermined verdict is answered `temporarily_unavailable` (503), a rejection
 *   `invalid_client`.
 *
 * Clients that the operator registered are left alone. Under a policy in `monitor` mode verdicts
 * are reported and not acted on: the server then takes any metadata document.
 *
 * @throws TypeError that names the path where the given configuration says otherwise; a `fetch` of
 *   its own goes into the options.
 */
export function withAgentClients<Configuration extends object>(
  configuration: Configuration,
  verifier: Verifier,
  options: AgentClientsOptions = {},
): Configuration {
  const judge = new AgentJudge(verifier, options);
  const given = configuration as WrappedMembers;
  const { getResourceServerInfo } = given.features?.resourceIndicators ?? {};
  const wrapped = replaceIn(configuration as Section, {
    extraClientMetadata: keepingPassport(given.extraClientMetadata),
    extraTokenClaims: judge.guardingTokens(given.extraTokenClaims),
    ...(getResourceServerInfo && {
      features: {
        resourceIndicators: {
          getResourceServerInfo: judge.narrowingScopes(getResourceServerInfo),
        },
      },
    }),
  });
  return mergeInto(
    wrapped,
    ownMembers(judge, agentFetch(verifier, options, judge)),
  ) as Configuration;
}

function ownMembers(judge: AgentJudge, fetch: typeof globalThis.fetch): Section {
  return {
    fetch,
    features: {
      clientIdMetadataDocument: {
        enabled: true,
        ack: 'draft-02',
        allowFetch: (context: RequestContext, clientId: string) =>
          judge.allowFetch(context, clientId),
        allowClient: (context: RequestContext, client: HeldClient) =>
          judge.allowClient(context, client),
        // CIMD-02 §5.2 lets a server cache; this one asks the verifier, which does.
        cacheDuration: { min: 0, max: 0 },
      },
    },
  };
}

/** Turns verdicts into the answers that node-oidc-provider asks its configuration for. */
class AgentJudge {
  readonly #verifier: Verifier;
  readonly #options: AgentClientsOptions;
  readonly #ownScopes: ReadonlySet<string>;
  readonly #origins = new Set<string>();

  constructor(verifier: Verifier, options: AgentClientsOptions) {
    this.#verifier = verifier;
    this.#options = options;
    this.#ownScopes = new Set(options.ownScopes);
  }

  /** true for URLs on a host that publishes an accepted agent: the policy bounds their number. */
  readsFor(url: string): boolean {
    return this.#origins.has(new URL(url).origin);
  }

  async allowFetch(context: RequestContext, clientId: string): Promise<boolean> {
    const verdict = await this.#verifier.verifyClient(clientId, requested(context));
    if (verdict.outcome === 'accepted') this.#origins.add(new URL(clientId).origin);
    else if (verdict.advisory !== true) return this.#settle(verdict, clientId);
    return true;
  }

  async allowClient(context: RequestContext, held: HeldClient): Promise<boolean> {
    const verdict = await this.#verifier.verifyClient(held.clientId, requested(context));
    const differing = verdict.outcome === 'accepted' ? differences(held, verdict.client) : [];
    return this.#settle(verdict, held.clientId, differing);
  }

  /** The resource server's entry with only those scopes that the client's papers permit. */
  narrowingScopes(find: FindResourceServer): FindResourceServer {
    return async (context, resource, client) => {
      const info = await find(context, resource, client);
      if (!isAgent(client)) return info;
      const permitted = await this.#permitted(client, info.scope);
      return { ...info, scope: permitted.join(' ') };
    };
  }

  /**
   * Runs before any access token is stored or signed, whatever grant it came from. The verdict is
   * taken once more here, after the client has authenticated, so that it covers the keys too: had
   * they been swapped since `allowClient`, the verifier now holds the swapped ones and rejects.
   */
  guardingTokens(claims: TokenClaims | undefined): TokenClaims {
    return async (context, token) => {
      const client = token.client ?? context?.oidc?.client;
      if (isAgent(client)) await this.#guardToken(client, token.scope ?? '');
      return claims?.(context, token);
    };
  }

  async #guardToken(client: HeldClient, scope: string): Promise<void> {
    const permitted = await this.#permitted(client, scope);
    const withheld = parseScope(scope).filter((token) => !permitted.includes(token));
    if (withheld.length > 0) {
      throw oauthError(400, 'invalid_scope', {
        error_description: "requested scope exceeds what the agent's papers permit",
        scope: withheld.join(' '),
      });
    }
  }

  async #permitted(client: HeldClient, scope: string): Promise<readonly string[]> {
    const verdict = await this.#verifier.verifyClient(client.clientId, { scope });
    if (verdict.advisory === true) return parseScope(scope);
    if (verdict.outcome !== 'accepted') {
      this.#settle(verdict, client.clientId);
      throw oauthError(400, 'invalid_client', { error_description: 'client is not allowed' });
    }
    const granted = new Set([...this.#ownScopes, ...verdict.granted]);
    return parseScope(scope).filter((token) => granted.has(token));
  }

  /** Reports what becomes of a verdict. Throws where the answer is neither yes nor no. */
  #settle(verdict: Verdict, clientId: string, differing: readonly string[] = []): boolean {
    const passes = verdict.outcome === 'accepted' && differing.length === 0;
    const allowed = passes || verdict.advisory === true;
    this.#options.onVerdict?.(verdict, { clientId, allowed, differing });
    if (allowed || verdict.outcome !== 'undetermined') return allowed;
    // RFC 6749 §4.1.2.1: not a no, so the agent may come back.
    throw oauthError(503, 'temporarily_unavailable', {
      error_description: 'the client could not be verified at this time',
    });
  }
}

/** Only clients from a metadata document: those that the operator registered have no papers. */
function isAgent(client: HeldClient | undefined): client is HeldClient {
  return client?.clientIdMetadataDocument === true;
}

function requested(context: RequestContext | undefined): { readonly scope?: string } {
  const scope = context?.oidc?.params?.scope;
  return typeof scope === 'string' ? { scope } : {};
}

function differences(held: HeldClient, verified: VerifiedClient | null): readonly string[] {
  if (verified === null) return ['client_id'];
  const equal = {
    client_id: held.clientId === verified.clientId,
    redirect_uris: sameMembers(held.redirectUris ?? [], verified.redirectUris),
    grant_types: grantTypesWithin(held.grantTypes ?? [], verified.grantTypes),
    token_endpoint_auth_method: held.tokenEndpointAuthMethod === verified.tokenEndpointAuthMethod,
    jwks_uri: held.jwksUri === verified.jwksUri,
    // The verified client names its keys by URL only: keys within a document cannot be compared.
    jwks: held.jwks === undefined,
  };
  return Object.entries(equal).flatMap(([member, same]) => (same ? [] : [member]));
}

function sameMembers(left: readonly string[], right: readonly string[]): boolean {
  return left.every((item) => right.includes(item)) && right.every((item) => left.includes(item));
}

/**
 * The server leaves out grant types that it does not offer, and adds `authorization_code` where
 * `response_types` has `code` (RFC 7591 §2.1); the redirect URIs bound what that is worth.
 */
function grantTypesWithin(held: readonly string[], verified: readonly string[]): boolean {
  return held.every((type) => type === 'authorization_code' || verified.includes(type));
}

/** An error that node-oidc-provider renders as it is: see its `errOut`. */
function oauthError(status: number, code: string, members: Section): Error {
  return Object.assign(new Error(code), {
    ...members,
    error: code,
    status,
    statusCode: status,
    expose: true,
    // RFC 6749 §4.1.2.1: no redirect to a client that is not known to be good.
    allow_redirect: false,
  });
}

function agentFetch(
  verifier: Verifier,
  options: AgentClientsOptions,
  judge: AgentJudge,
): typeof globalThis.fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const reads = (init?.method ?? 'GET') === 'GET' && judge.readsFor(url);
    if (reads) return responseOf(await verifier.read(url));
    return (options.fetch ?? globalThis.fetch)(input, init);
  };
}

function responseOf(outcome: FetchOutcome): Response {
  if (!outcome.ok) throw new TypeError(`${outcome.failure}: ${outcome.detail}`);
  const { status, headers, body } = outcome.response;
  const type = headers.get('content-type');
  return new Response(status === 200 ? new Uint8Array(body) : null, {
    status,
    headers: type === undefined ? {} : { 'content-type': type },
  });
}

function keepingPassport(given: ExtraMetadata | undefined): Section {
  return {
    ...given,
    properties: [...new Set([...(given?.properties ?? []), 'vc+jwt'])],
    validator: given?.validator ?? (() => undefined),
  };
}

function replaceIn(base: Section, replacements: Section): Section {
  const entries = Object.entries(replacements).map(([name, value]): [string, unknown] => {
    const present = base[name];
    return [name, isSection(present) && isSection(value) ? replaceIn(present, value) : value];
  });
  return { ...base, ...Object.fromEntries(entries) };
}

function mergeInto(base: Section, additions: Section, path = ''): Section {
  const entries = Object.entries(additions).map(([name, value]): [string, unknown] => [
    name,
    mergeMember(base[name], value, `${path}${name}`),
  ]);
  return { ...base, ...Object.fromEntries(entries) };
}

function mergeMember(present: unknown, value: unknown, path: string): unknown {
  if (present === undefined || present === value) return value;
  if (isSection(present) && isSection(value)) return mergeInto(present, value, `${path}.`);
  throw new TypeError(`${path} is set by withAgentClients and must be absent or the same`);
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && value.constructor === Object;
}
