import type { AuthorizationDetail } from '../protocol/authorization-details.ts';
import type { SignatureAlgorithm } from '../protocol/compact-jws.ts';
import type { Sha256 } from '../protocol/digest.ts';
import type { InflateAtOnce } from '../protocol/inflate.ts';
import type { Parsed } from '../protocol/parsed.ts';
import type { Verdict } from './verdict.ts';

/** A response as the guard hands it over: body already decompressed and within the byte cap. */
export interface FetchedResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** Why the guard gave no response. `blocked` is a refusal of ours, never a state of the peer. */
export type FetchFailure = 'blocked' | 'too-large' | 'timeout' | 'redirect' | 'failed';

/** The response, whatever its status, or why there is none. */
export type FetchOutcome =
  | { readonly ok: true; readonly response: FetchedResponse }
  | { readonly ok: false; readonly failure: FetchFailure; readonly detail: string };

/**
 * Fetches one URL by GET. Implementations never throw for what a peer does, follow no redirect,
 * and stop at `maxBytes` of decompressed body or at `deadline`, whichever comes first.
 */
export interface Fetch {
  (url: string, options: FetchOptions): Promise<FetchOutcome>;
  /** true when plain http and loopback hosts may be read (development only). */
  readonly allowLoopback: boolean;
  /** Inflates status lists where the host can do it faster than the platform's stream does. */
  readonly inflate?: InflateAtOnce;
  /** Hashes documents and keys where the host can do it faster than the platform does. */
  readonly sha256?: Sha256;
}

/** What is asked for, and the bounds of the exchange. */
export interface FetchOptions {
  readonly accept: string;
  readonly maxBytes: number;
  /** Milliseconds since the epoch at which the whole exchange is given up. */
  readonly deadline: number;
  readonly ifNoneMatch?: string;
  /** true asks shared caches on the way to go back to the origin (RFC 9111 §5.2.1.4). */
  readonly revalidate?: boolean;
}

/** One issuer that an operator trusts, and for whom. */
export interface TrustEntry {
  /** Exact DID. */
  readonly issuer: string;
  /** client_id prefixes that end in `/`: this issuer vouches for those and no others. */
  readonly clientIds: readonly string[];
  /** The passport's type, and those of the facets that may speak beside it. */
  readonly credentialTypes: readonly string[];
  /** Values of `alg`, each by its own name; those that the verifier knows, unless given. */
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** For credentials of this issuer; a limit that is left out is the policy's. */
  readonly status?: StatusLimits;
  /** For passports of this issuer; left out, it is the policy's. */
  readonly lifetime?: LifetimeLimit;
  /** ISO 8601; credentials issued later are refused. */
  readonly distrustAfter?: string | null;
}

/** How old a status list may be, in seconds: `maxAgeS` at all, `staleS` beyond it while none newer can be had. */
export interface StatusLimits {
  readonly maxAgeS?: number;
  readonly staleS?: number;
}

/** The longest life of a passport, in days. */
export interface LifetimeLimit {
  readonly maxDays?: number;
}

/** What a claim of every passport must be: one of these values, or a number of at least this. */
export type RequiredClaim = { readonly claim: string } & (
  | { readonly oneOf: readonly (string | number | boolean)[] }
  | { readonly atLeast: number }
);

/** What an operator trusts. Nothing absent means "any". */
export interface TrustPolicy {
  readonly mode: 'enforce' | 'monitor';
  readonly trust: readonly TrustEntry[];
  /** client_ids, or prefixes that end in `/`, that are refused whoever vouches for them. */
  readonly block?: readonly string[];
  readonly require?: {
    /** Standards, such as `ISO/IEC 27001:2022`, that must be attested and unexpired. */
    readonly complianceAttestations?: readonly string[];
    readonly authorizedScopes?: readonly string[];
    /** Types that the passport has, or a facet of the agent, published or handed over. */
    readonly credentialTypes?: readonly string[];
    /** `claim` is a JSON Pointer (RFC 6901) into the passport's credentialSubject. */
    readonly claims?: readonly RequiredClaim[];
  };
  readonly status?: StatusLimits;
  readonly lifetime?: LifetimeLimit;
  /** `required`: a client passes only once the operator allowed it; `none` unless given. */
  readonly approval?: 'required' | 'none';
  /**
   * Whose security events are heard. For what follows them, such as the sidecar; a verifier by itself
   * hears none, and trusts nobody on their account.
   */
  readonly events?: readonly EventSource[];
}

/** A transmitter of security events, and how they come from it. */
export interface EventSource {
  /** Its name (SSF-1.0 §7.1): of a registry, the base URL of an organization. */
  readonly transmitter: string;
  /** `poll`: a stream of our own is made there and asked; `push`: it sends, to a URL of ours. */
  readonly delivery: 'poll' | 'push';
  /** For push: what its tokens have in `aud`. A polled stream says so itself. */
  readonly audience?: string;
  /** For poll: what the stream is known by there; one of its own for each process. */
  readonly stream?: string;
  /** Where its keys are, if not where its own configuration says. */
  readonly jwksUri?: string;
  /** The DIDs that it speaks for; the did:web of its own URL unless given. */
  readonly speaksFor?: readonly string[];
  /**
   * File with the token that it wants, or that it presents; SEALWRIGHT_EVENTS_TOKEN unless given. The
   * token itself is never in a policy.
   */
  readonly tokenFile?: string;
}

/** What is asked for on behalf of the client. */
export interface AccessRequest {
  /** Space-separated scope tokens (RFC 6749 §3.3). */
  readonly scope?: string;
  /**
   * Authorization details (RFC 9396 §2). What is not one is withheld: with the `type` "", and with
   * nothing else where JSON cannot say it.
   */
  readonly authorizationDetails?: readonly AuthorizationDetail[];
  /** Facets, as compact credentials, that the agent handed over because they are not published. */
  readonly credentials?: readonly string[];
}

/** What a software statement is presented for. */
export interface StatementRequest extends AccessRequest {
  /** Issuer identifier of the authorization server that it is presented to. */
  readonly audience: string;
}

/** The verifier that authorization servers and resource servers embed. */
export interface Verifier {
  /** Judges a client_id: document, passport, issuer, keys, status, policy. Never throws for input. */
  verifyClient(clientId: string, request?: AccessRequest): Promise<Verdict>;
  /** Judges a compact credential on its own: everything but the document bindings. */
  verifyCredential(jwt: string, request?: AccessRequest): Promise<Verdict>;
  /**
   * Judges a passport that is presented as `software_statement` (RFC 7591 §2.3): first the statement,
   * then the document of the client it is about, which is read and must be the one that the statement
   * binds, by digest and keys. A facet binds no document and is refused. `client` is what an
   * authorization server registers: it is the verified document's, and nothing of it the request's.
   *
   * Nothing in a passport is for one server: it has no `aud`, and a token that has one is refused,
   * whichever it names; the report keeps `audience` for the record. What binds a registration instead
   * is that only the keys and redirect URIs of the agent come of it. Neither the presenter nor the
   * server is bound: whoever has read a passport can present it, anywhere, until it ends.
   *
   * @throws TypeError when `audience` is missing: a mistake of the host's, not of the client's.
   */
  verifySoftwareStatement(jwt: string, request: StatementRequest): Promise<Verdict>;
  /**
   * Judges client metadata that were pushed with their passport in `vc+jwt` (RFC 9126, RFC 7591), as
   * an object that the host parsed: as the document at their `client_id`, which is not fetched. At
   * most 5,120 bytes in canonical form (RFC 8785), plain values, no nulls. Nothing is read again
   * before the verdict: what is found, revocation included, is final for this question.
   *
   * Everybody can push what is published: have the client prove a key, as always.
   */
  verifyPushedMetadata(metadata: unknown, request?: AccessRequest): Promise<Verdict>;
  /**
   * The octets at a URL as the verifier itself reads them (its cache, its guard), so that a host
   * that needs the same document judges the same bytes. Only URLs under a trusted prefix are read,
   * and those on its origin that the verifier had to read for a client; any other is `blocked`, and
   * so is a client that the policy blocks.
   */
  read(url: string): Promise<FetchOutcome>;
  /**
   * Drops the cached document, key set or status list at this URL at once, and with a document the
   * passport, the key set and the listing of facets that it names. The next read goes back to the
   * origin, past every cache on the way; what is being read at this moment is not held.
   */
  invalidate(url: string): void;
  /**
   * As `invalidate`, for every status list of an issuer that is held or being read, or for everything
   * of it: its lists, its DID document, and all documents below the URL that its DID stands for.
   */
  invalidateIssuer(issuer: string, kind?: 'lists' | 'everything'): void;
  /** Whether the policy in force trusts this issuer: for this client, or for any if none is given. */
  trusts(issuer: string, clientId?: string): boolean;
  /**
   * Puts another policy in the place of the present one, for every question from now on. A policy
   * with faults changes nothing: they come back, and the present one stays in force.
   */
  replacePolicy(policy: unknown): Parsed<TrustPolicy>;
}
