import type { AuthorizationDetail } from '../protocol/authorization-details.ts';
import type { JsonObject } from '../protocol/strict-json.ts';

/** One piece of requested access: a scope token as a text, or an authorization detail (RFC 9396). */
export type Grant = string | AuthorizationDetail;

/** The outcome of one check. `undetermined` means that the check could not run to an answer. */
export type CheckOutcome = 'pass' | 'warn' | 'fail' | 'skipped' | 'undetermined';

/** Why a verdict is not `accepted`. A closed set: outsiders switch on it. */
export type Reason =
  | 'url-invalid'
  | 'fetch-blocked'
  | 'fetch-failed'
  | 'document-too-large'
  | 'document-invalid'
  | 'client-id-mismatch'
  | 'credential-missing'
  | 'credential-malformed'
  | 'algorithm-not-allowed'
  | 'issuer-not-trusted'
  | 'issuer-unresolvable'
  | 'key-not-found'
  | 'signature-invalid'
  | 'not-yet-valid'
  | 'expired'
  | 'subject-mismatch'
  | 'document-digest-mismatch'
  | 'key-binding-mismatch'
  | 'status-missing'
  | 'status-revoked'
  | 'status-suspended'
  | 'status-unavailable'
  | 'status-stale'
  | 'status-invalid'
  | 'schema-invalid'
  | 'policy-not-met'
  | 'client-blocked';

/** One line of the report: what was checked, how it ended, and what would mend it. */
export interface CheckResult {
  /** Stable id, such as `status.revocation`; each has a page under docs/checks/. */
  readonly id: string;
  readonly outcome: CheckOutcome;
  readonly title: string;
  /** Facts the check rests on; never a secret, never a peer's raw payload. */
  readonly evidence: JsonObject;
  readonly fix: string | null;
  /** Whole milliseconds the check took. */
  readonly ms: number;
}

/** The client as the verified document describes it, for consent screens and adapters. */
export interface VerifiedClient {
  readonly clientId: string;
  readonly name: string | undefined;
  readonly host: string;
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly string[];
  readonly tokenEndpointAuthMethod: string;
  readonly jwksUri: string | undefined;
  /** The whole document without its passport, as it reads: what a server registers (RFC 7591 §2). */
  readonly metadata: JsonObject;
}

/** The same object in the library, the API, the command line and the page. Times are ISO 8601. */
export interface Report {
  readonly report: string;
  readonly outcome: Verdict['outcome'];
  readonly reason: Reason | null;
  readonly checkedAt: string;
  readonly input: {
    readonly kind: 'client_id' | 'jwt' | 'software_statement' | 'pushed_metadata';
    /** What was asked about: the client_id, of pushed metadata too, or the compact credential. */
    readonly value: string;
  };
  readonly subject: {
    readonly clientId: string | null;
    readonly did: string | null;
    readonly name: string | null;
    readonly host: string | null;
  };
  readonly issuer: { readonly did: string | null; readonly trust: 'policy' | 'none' };
  readonly freshness: {
    readonly documentAgeS: number | null;
    readonly statusAgeS: number | null;
    readonly recheckBefore: string | null;
  };
  readonly granted: readonly Grant[];
  readonly withheld: readonly Grant[];
  readonly checks: readonly CheckResult[];
  readonly claims: JsonObject | null;
}

/**
 * What the verifier says about a client. `accepted` is the only outcome that may pass;
 * `undetermined` is a failure to find out and denies by default.
 */
export interface Verdict {
  readonly outcome: 'accepted' | 'rejected' | 'undetermined';
  /** null exactly when the outcome is `accepted`. */
  readonly reason: Reason | null;
  /** What was requested and the agent's papers permit: scopes first, then authorization details. */
  readonly granted: readonly Grant[];
  /** What they do not, in the same order. */
  readonly withheld: readonly Grant[];
  /** Present when the document was read and well formed, whatever the outcome. */
  readonly client: VerifiedClient | null;
  /** The signed credentialSubject; present only when the signature was verified. */
  readonly claims: JsonObject | null;
  /**
   * Present, and true, when the policy's mode is `monitor`: the outcome is what it would be, and
   * the host records the verdict instead of acting on it. A host that does not look denies.
   */
  readonly advisory?: true;
  readonly report: Report;
}
