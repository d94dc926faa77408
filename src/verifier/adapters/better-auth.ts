import type { Verifier } from '../ports.ts';
import type { Verdict, VerifiedClient } from '../verdict.ts';
import { type AgentUse, differences, type HeldClient } from './held-client.ts';
import { responseOf } from './judged-octets.ts';

export type { AgentUse } from './held-client.ts';

/** Reads documents and keys for @better-auth/cimd. */
export type MetadataFetch = (
  input: string | URL | Request,
  init?: RequestInit,
) => Promise<Response>;

/**
 * The options of @better-auth/cimd that make it read through the verifier, and keep no copy beside
 * the verifier's: to be spread into its own.
 */
export interface ReadingOptions {
  readonly fetchClientMetadataResource: MetadataFetch;
  readonly metadataRevalidationInterval: number;
  readonly metadataFetchPolicy: {
    readonly minimumFetchInterval: number;
    readonly maximumConcurrentFetches: number;
    readonly maximumConcurrentFetchesPerOrigin: number;
    readonly maximumFetchesPerMinute: number;
    readonly maximumFetchesPerOriginPerMinute: number;
  };
}

/** What an operator may add to the verdict. */
export interface AgentDiscoveryOptions {
  /** Called with every verdict that lets a client in or keeps it out, before the server answers. */
  readonly onVerdict?: (verdict: Verdict, use: AgentUse) => void;
  /**
   * Scopes that the server grants by its own rules and that papers have no say in, such as
   * `openid` or `offline_access`. None unless given.
   */
  readonly ownScopes?: readonly string[];
  /**
   * Scopes that agents may have for themselves, by `client_credentials`, as far as their papers
   * permit; beside those that were configured for the single client. None unless given.
   */
  readonly machineScopes?: readonly string[];
  /**
   * Reads what the verifier does not: clients without papers, under a policy in `monitor` mode. The
   * `fetchClientMetadataResource` of `@better-auth/cimd/node` is one. Unless given they are refused.
   */
  readonly fetch?: MetadataFetch;
}

/** Beyond as many clients it writes each once more, and begins anew. */
const maxStored = 1_000;

/** A client as the server's table has it. */
interface StoredClient extends HeldClient {
  readonly scopes?: readonly string[] | null | undefined;
  readonly clientCredentialsScopes?: readonly string[] | null | undefined;
}

/** The `ClientDiscovery` of @better-auth/oauth-provider. */
export interface ClientDiscovery<Context, Client> {
  readonly id: string;
  matches: (clientId: string) => boolean;
  resolve: (
    context: Context,
    clientId: string,
    existing: Client | null,
  ) => Client | null | Promise<Client | null>;
  fetchClientMetadataResource?: MetadataFetch;
  discoveryMetadata?: Record<string, unknown>;
}

/**
 * A client discovery for @better-auth/oauth-provider under which agents are clients by their papers:
 * that of @better-auth/cimd, with every use of a client from a metadata document decided by the
 * verifier. `create` makes the discovery from the options that it is handed:
 *
 *     agentDiscovery((reading) => createCimdClientDiscovery(reading), verifier)
 *
 * - The server looks a client up at every request, and each time the verdict is taken: at the
 *   authorization endpoint, for tokens, refreshed ones too, and when it is asked about a token.
 * - Documents and keys are read through `verifier.read`, so both judge the same octets. Keys are
 *   handed to the server with the client, so that it keeps none of its own.
 * - A client_id outside the policy is refused before anything is fetched.
 * - The client may have the scopes that the papers permit and no others. The server refuses a
 *   request for more with `invalid_scope`.
 * - A rejection is an unknown client, mostly `invalid_client`; an undetermined verdict is answered
 *   `temporarily_unavailable` (503).
 *
 * Clients that the operator registered are left alone. Under a policy in `monitor` mode verdicts
 * are reported and not acted on.
 */
export function agentDiscovery<Context, Client extends StoredClient>(
  create: (reading: ReadingOptions) => ClientDiscovery<Context, Client>,
  verifier: Verifier,
  options: AgentDiscoveryOptions = {},
): ClientDiscovery<Context, Client> {
  const fetchClientMetadataResource = readingThrough(verifier, options.fetch);
  const plain = create({
    fetchClientMetadataResource,
    // CIMD-02 §5.2 lets a server cache; this one asks the verifier, which does, and has limits.
    metadataRevalidationInterval: 0,
    metadataFetchPolicy: {
      minimumFetchInterval: 0,
      maximumConcurrentFetches: Number.MAX_SAFE_INTEGER,
      maximumConcurrentFetchesPerOrigin: Number.MAX_SAFE_INTEGER,
      maximumFetchesPerMinute: Number.MAX_SAFE_INTEGER,
      maximumFetchesPerOriginPerMinute: Number.MAX_SAFE_INTEGER,
    },
  });
  const judge = new AgentJudge(plain, verifier, options);
  return {
    id: plain.id,
    matches: (clientId) => plain.matches(clientId),
    resolve: (context, clientId, existing) => judge.resolve(context, clientId, existing),
    fetchClientMetadataResource,
    ...(plain.discoveryMetadata && { discoveryMetadata: plain.discoveryMetadata }),
  };
}

/** Turns verdicts into the clients that @better-auth/oauth-provider looks up. */
class AgentJudge<Context, Client extends StoredClient> {
  readonly #plain: ClientDiscovery<Context, Client>;
  readonly #verifier: Verifier;
  readonly #options: AgentDiscoveryOptions;
  /** The documents that the server's table holds already, by client_id. */
  readonly #stored = new Map<string, string>();

  constructor(
    plain: ClientDiscovery<Context, Client>,
    verifier: Verifier,
    options: AgentDiscoveryOptions,
  ) {
    this.#plain = plain;
    this.#verifier = verifier;
    this.#options = options;
  }

  async resolve(
    context: Context,
    clientId: string,
    existing: Client | null,
  ): Promise<Client | null> {
    const before = await this.#verifier.verifyClient(clientId);
    if (before.outcome !== 'accepted') {
      const allowed = this.#settle(before, clientId);
      return allowed ? this.#plain.resolve(context, clientId, existing) : null;
    }
    const client = await this.#fromDocument(context, clientId, {
      verified: before.client,
      existing,
    });
    if (client === null) return null;
    const jwks = await this.#keysOf(client);
    // Taken once more, so that it covers what was read: had that been swapped since, the verifier
    // now holds the swapped one and rejects.
    const scope = this.#eligible(client).join(' ');
    const verdict = await this.#verifier.verifyClient(clientId, { scope });
    const differing = verdict.outcome === 'accepted' ? differences(client, verdict.client) : [];
    if (!this.#settle(verdict, clientId, differing)) return null;
    return verdict.advisory === true
      ? client
      : { ...client, ...this.#within(client, verdict), ...jwks };
  }

  /** The client as the table has it, written anew from the document when that is another one. */
  async #fromDocument(
    context: Context,
    clientId: string,
    known: { readonly verified: VerifiedClient | null; readonly existing: Client | null },
  ): Promise<Client | null> {
    const { verified, existing } = known;
    const read = await this.#verifier.read(clientId);
    const document = read.ok ? new TextDecoder().decode(read.response.body) : '';
    const isStored = this.#stored.get(clientId) === document;
    if (existing !== null && isStored && differences(existing, verified).length === 0) {
      return existing;
    }
    const client = await this.#plain.resolve(context, clientId, existing);
    if (this.#stored.size >= maxStored) this.#stored.clear();
    if (client !== null) this.#stored.set(clientId, document);
    return client;
  }

  /** The key set in the words of the table, so that the server does not read one for itself. */
  async #keysOf({ jwksUri }: StoredClient): Promise<{ readonly jwks?: string }> {
    if (jwksUri === undefined || jwksUri === null) return {};
    const read = await this.#verifier.read(jwksUri);
    if (!read.ok || read.response.status !== 200) throw unavailable();
    return { jwks: new TextDecoder().decode(read.response.body) };
  }

  #eligible({ scopes, clientCredentialsScopes }: StoredClient): readonly string[] {
    const { machineScopes = [] } = this.#options;
    return [...new Set([...(scopes ?? []), ...(clientCredentialsScopes ?? []), ...machineScopes])];
  }

  #within({ scopes, clientCredentialsScopes }: StoredClient, verdict: Verdict) {
    const { machineScopes = [], ownScopes = [] } = this.#options;
    const permitted = new Set([...ownScopes, ...verdict.granted]);
    const machine = new Set([...(clientCredentialsScopes ?? []), ...machineScopes]);
    return {
      scopes: (scopes ?? []).filter((scope) => permitted.has(scope)),
      clientCredentialsScopes: [...machine].filter((scope) => permitted.has(scope)),
    };
  }

  /** Reports what becomes of a verdict. Throws where the answer is neither yes nor no. */
  #settle(verdict: Verdict, clientId: string, differing: readonly string[] = []): boolean {
    const passes = verdict.outcome === 'accepted' && differing.length === 0;
    const allowed = passes || verdict.advisory === true;
    this.#options.onVerdict?.(verdict, { clientId, allowed, differing });
    if (allowed || verdict.outcome !== 'undetermined') return allowed;
    throw unavailable();
  }
}

function readingThrough(verifier: Verifier, others: MetadataFetch | undefined): MetadataFetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const outcome = await verifier.read(url);
    const isForOthers = !outcome.ok && outcome.failure === 'blocked';
    return others !== undefined && isForOthers ? others(input, init) : responseOf(outcome);
  };
}

/**
 * RFC 6749 §4.1.2.1: not a no, so the agent may come back. better-call knows its errors by their
 * name, and answers with these members.
 */
function unavailable(): Error {
  return Object.assign(new Error('the client could not be verified at this time'), {
    name: 'APIError',
    status: 'SERVICE_UNAVAILABLE',
    statusCode: 503,
    headers: {},
    body: {
      error: 'temporarily_unavailable',
      error_description: 'the client could not be verified at this time',
    },
  });
}
