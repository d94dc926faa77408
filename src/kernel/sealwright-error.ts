/**
 * Why the domain refuses. A closed set: the HTTP edge maps each code to one problem document, and
 * a code without a mapping does not compile.
 */
export type ErrorCode =
  | 'invalid-input'
  | 'unauthenticated'
  | 'not-permitted'
  | 'organization-not-found'
  | 'base-url-taken'
  | 'agent-not-found'
  | 'agent-wrong-state'
  | 'handle-taken'
  | 'client-id-too-long'
  | 'key-not-usable'
  | 'key-not-found'
  | 'key-wrong-state'
  | 'rotation-under-way'
  | 'key-held-elsewhere'
  | 'credential-not-found'
  | 'credential-wrong-state'
  | 'credential-type-unknown'
  | 'claims-invalid'
  | 'document-too-large'
  | 'document-invalid'
  | 'token-not-found'
  | 'idempotency-key-reused'
  | 'idempotency-key-in-use'
  | 'precondition-failed'
  | 'enrolment-not-found'
  | 'enrolment-wrong-state'
  | 'enrolment-proof-invalid'
  | 'enrolment-refused'
  | 'template-not-found'
  | 'template-name-taken'
  | 'schema-not-found'
  | 'workload-rule-not-found'
  | 'subject-token-refused'
  | 'issuer-unavailable'
  | 'rule-not-found'
  | 'rule-name-taken'
  | 'import-not-found'
  | 'import-refused'
  | 'import-undetermined'
  | 'owner-not-departed'
  | 'issuer-not-trusted'
  | 'webhook-not-found'
  | 'webhook-wrong-state'
  | 'delivery-not-found'
  | 'stream-not-found'
  | 'verification-too-soon'
  | 'too-many-subscriptions'
  | 'audit-record-not-found'
  | 'checkpoint-unavailable'
  | 'conflict-retry'
  | 'storage-unavailable'
  | 'audit-unavailable'
  | 'clock-behind'
  | 'start-refused';

/** What may end work that is durable already. */
const doubtful: ReadonlySet<ErrorCode> = new Set([
  'storage-unavailable',
  'audit-unavailable',
  'clock-behind',
]);

/** Whether the work may have become durable although it ended in this error. */
export function leavesDoubt(error: unknown): boolean {
  if (!(error instanceof SealwrightError)) return false;
  return doubtful.has(error.code);
}

/** One offending place in an input, by JSON Pointer (RFC 6901). */
export interface InputFault {
  readonly pointer: string;
  readonly detail: string;
}

/**
 * A refusal by the domain. `detail` and `faults` are safe to show to the caller: they never hold a
 * secret or a peer's payload, which belong in `cause`.
 */
export class SealwrightError extends Error {
  override readonly name = 'SealwrightError';
  readonly code: ErrorCode;
  readonly detail: string;
  readonly faults: readonly InputFault[];

  constructor(
    code: ErrorCode,
    detail: string,
    options: { faults?: readonly InputFault[]; cause?: unknown } = {},
  ) {
    super(`${code}: ${detail}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.detail = detail;
    this.faults = options.faults ?? [];
  }
}
