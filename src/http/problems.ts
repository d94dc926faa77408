import type { ErrorCode, InputFault } from '../kernel/sealwright-error.ts';

/** Refusals that only HTTP knows: they concern the message, not what it asks for. */
export type HttpProblemCode =
  | 'route-not-found'
  | 'method-not-allowed'
  | 'body-malformed'
  | 'body-too-large'
  | 'media-type-unsupported'
  | 'document-not-found'
  | 'document-gone'
  | 'document-expired'
  | 'too-many-requests'
  | 'internal-error';

/** Everything that the `code` of a problem document can be; outsiders switch on it. */
export type ProblemCode = ErrorCode | HttpProblemCode;

/** What a code means, for machines (`status`) and for the person who has to mend it. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly fix: string;
  /** After how many seconds the same request may do better (RFC 9110 §10.2.3). */
  readonly retryAfterS?: number;
}

/** Every code with its meaning: a code without an entry does not compile. */
export const problems: Readonly<Record<ProblemCode, Problem>> = {
  'invalid-input': {
    status: 400,
    title: 'The request does not say what is expected',
    fix: 'Mend every place that "errors" names, and send the request again. Nothing was changed.',
  },
  unauthenticated: {
    status: 401,
    title: 'No usable token',
    fix: 'Send "Authorization: Bearer swt_…" with a token that is neither expired nor revoked.',
  },
  'not-permitted': {
    status: 403,
    title: 'The token does not permit this',
    fix: 'Use a token with the scope that the answer names, or ask an administrator for one.',
  },
  'organization-not-found': {
    status: 404,
    title: 'No such organization',
    fix: 'Check which organization the token belongs to.',
  },
  'base-url-taken': {
    status: 409,
    title: 'The base URL is taken',
    fix: 'Choose another path or host: a base URL names one organization for ever. "sealwright organization list" shows those there are.',
  },
  'agent-not-found': {
    status: 404,
    title: 'No such agent',
    fix: 'Check the handle; "sealwright agent list" shows those of your organization.',
  },
  'agent-wrong-state': {
    status: 409,
    title: 'The agent is not in a state that allows this',
    fix: 'Look at the state of the agent. A retired agent stays retired; a suspended one is resumed first.',
  },
  'handle-taken': {
    status: 409,
    title: 'The handle is taken',
    fix: 'Choose another handle: one that was ever used is never given out again.',
  },
  'client-id-too-long': {
    status: 422,
    title: 'The client_id would be too long',
    fix: 'Choose a shorter handle: authorization servers refuse a client_id above 120 bytes.',
  },
  'key-not-usable': {
    status: 422,
    title: 'The key cannot be used',
    fix: 'Send the public half of a P-256 or Ed25519 key as a JWK, one that no other agent uses.',
  },
  'key-not-found': {
    status: 404,
    title: 'No such key',
    fix: 'Check the id; "sealwright key list" and "sealwright issuer-key list" show the keys there are.',
  },
  'key-wrong-state': {
    status: 409,
    title: 'The key is not in a state that allows this',
    fix: 'Look at the state of the key, and at what its entry says comes next and when. A key that is no secret any more is given up as compromised, in any state.',
  },
  'rotation-under-way': {
    status: 409,
    title: 'The agent changes its key already',
    fix: 'Wait until the rotation is over; "sealwright key list" says when. To undo it, give up the new key as compromised.',
  },
  'key-held-elsewhere': {
    status: 409,
    title: 'The registry does not hold the key of this agent',
    fix: 'Sign where the key is: "sealwright agent token --key-file" and "sealwright/agent" do. Only agents onboarded with keyCustody "registry" are signed for.',
  },
  'credential-not-found': {
    status: 404,
    title: 'No such credential',
    fix: 'Check the id; "sealwright credential list" shows those of your organization.',
  },
  'credential-wrong-state': {
    status: 409,
    title: 'The credential is not in a state that allows this',
    fix: 'Look at the state of the credential. A revoked one stays revoked: issue a new one.',
  },
  'credential-type-unknown': {
    status: 422,
    title: 'No such type of credential',
    fix: 'Use compliance, provenance, allowed-actions, or a type that your organization defined. Passports are composed from the first three.',
  },
  'claims-invalid': {
    status: 422,
    title: 'The claims do not fit the schema of their type',
    fix: 'Mend every place that "errors" names; the schema is published under /schemas/.',
  },
  'document-too-large': {
    status: 422,
    title: 'The client metadata would grow too large',
    fix: 'Shorten the members that "errors" names: authorization servers refuse documents above 5 kB.',
  },
  'document-invalid': {
    status: 422,
    title: 'The public document would be refused by its readers',
    fix: 'Mend every place that "errors" names: the document did not pass our own verifier.',
  },
  'token-not-found': {
    status: 404,
    title: 'No such token',
    fix: 'Check the id; "sealwright token list" shows those of your organization.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    fix: 'Use a new key for each request. The same key is for sending the very same request again.',
  },
  'idempotency-key-in-use': {
    status: 409,
    title: 'The same request is still being answered',
    fix: 'Wait for the seconds that Retry-After names, and send the request again with the same key.',
    retryAfterS: 2,
  },
  'precondition-failed': {
    status: 412,
    title: 'It was changed since you read it',
    fix: 'Read it again, and send the change with the ETag of that answer in If-Match.',
  },
  'enrolment-not-found': {
    status: 404,
    title: 'No such enrolment',
    fix: 'Check the id; "sealwright enrolment list" shows those of your organization.',
  },
  'enrolment-wrong-state': {
    status: 409,
    title: 'The enrolment is not in a state that allows this',
    fix: 'Look at the state of the enrolment. One that has ended stays so: create a new one.',
  },
  'enrolment-proof-invalid': {
    status: 422,
    title: 'The proof does not show that the key is held',
    fix: 'Mend every place that "errors" names, and sign a new proof. The token can still be used.',
  },
  'enrolment-refused': {
    status: 403,
    title: 'The enrolment token opens nothing',
    fix: 'It is wrong, expired, withdrawn, rejected or used with another key: ask for a new one.',
  },
  'template-not-found': {
    status: 404,
    title: 'No such template',
    fix: 'Check the name; "sealwright template list" shows those of your organization.',
  },
  'template-name-taken': {
    status: 409,
    title: 'There is a template of this name already',
    fix: 'Choose another name, or change the template that there is.',
  },
  'schema-not-found': {
    status: 404,
    title: 'No such credential type',
    fix: 'Check the name; "sealwright schema list" shows the types that your organization defined.',
  },
  'workload-rule-not-found': {
    status: 404,
    title: 'No such workload rule',
    fix: 'Check the id; "sealwright workload-rule list" shows those of your organization.',
  },
  'subject-token-refused': {
    status: 400,
    title: 'The token of the workload is not accepted',
    fix: 'Get a fresh token from the platform, with the audience of the rule, and check its claims against "sealwright workload-rule list". The log says why it was refused.',
  },
  'issuer-unavailable': {
    status: 503,
    title: 'The keys of the issuer cannot be had',
    fix: 'Try again shortly. If it lasts, check that the discovery document and the key set of the issuer can be read from here.',
  },
  'rule-not-found': {
    status: 404,
    title: 'No such rule',
    fix: 'Check the id; "sealwright rule list" shows those of your organization.',
  },
  'rule-name-taken': {
    status: 409,
    title: 'Another rule has this name',
    fix: 'Choose another name, or change the rule that has it.',
  },
  'import-not-found': {
    status: 404,
    title: 'No such imported credential',
    fix: 'Check the id; "sealwright credential imports" shows those of an agent.',
  },
  'import-refused': {
    status: 422,
    title: 'The outside credential does not hold',
    fix: 'Read the detail: the credential has to be about this agent, in order, and of an issuer that the organization trusts for its type.',
  },
  'import-undetermined': {
    status: 503,
    title: 'The outside credential could not be checked',
    fix: 'Try again once its issuer can be reached: what is not known to hold is not imported.',
  },
  'owner-not-departed': {
    status: 404,
    title: 'The mailbox is not listed as departed',
    fix: 'Check the spelling; "sealwright owner list" shows the mailboxes that are.',
  },
  'issuer-not-trusted': {
    status: 404,
    title: 'The issuer is not one that the organization trusts',
    fix: 'Check the DID; GET /api/v1/trusted-issuers shows those that are trusted.',
  },
  'webhook-not-found': {
    status: 404,
    title: 'No such webhook',
    fix: 'Check the id; "sealwright webhook list" shows those of your organization.',
  },
  'webhook-wrong-state': {
    status: 409,
    title: 'The webhook is not enabled',
    fix: 'Mend its endpoint, then set its "state" to "enabled". What happened meanwhile is sent then.',
  },
  'delivery-not-found': {
    status: 404,
    title: 'No such delivery to send again',
    fix: 'List the deliveries of the webhook: they are kept for three days, and one that is under way is sent anyhow.',
  },
  'stream-not-found': {
    status: 404,
    title: 'No such stream of events',
    fix: 'Check "stream_id": a token sees the streams that it made, one with org:admin those of the organization.',
  },
  'verification-too-soon': {
    status: 429,
    title: 'The stream was verified a moment ago',
    fix: 'Wait as long as "min_verification_interval" of the stream says.',
    retryAfterS: 10,
  },
  'too-many-subscriptions': {
    status: 409,
    title: 'The organization has as many webhooks or streams as it may have',
    fix: 'Remove those that nobody uses.',
  },
  'audit-record-not-found': {
    status: 404,
    title: 'No such record in the audit trail',
    fix: 'Check the id, which begins with "evt_"; "GET /api/v1/audit" lists those of your organization.',
  },
  'checkpoint-unavailable': {
    status: 503,
    title: 'No checkpoint of the audit trail can be signed',
    fix: 'Try again in a minute. If it goes on, have the operator look at "/readyz" and the log: the trail may contradict what was signed before.',
    retryAfterS: 60,
  },
  'conflict-retry': {
    status: 409,
    title: 'Another change came first',
    fix: 'Read the present state and send the request again.',
  },
  'storage-unavailable': {
    status: 503,
    title: 'The database cannot be reached',
    fix: 'Try again shortly; public documents are served meanwhile. /readyz says when it is back.',
    retryAfterS: 5,
  },
  'audit-unavailable': {
    status: 503,
    title: 'The audit trail cannot be kept',
    fix: 'Send the same request again, with its Idempotency-Key, once /readyz says that audit is back; public documents are served meanwhile.',
    retryAfterS: 5,
  },
  'clock-behind': {
    status: 503,
    title: 'The clock of the service is behind what it has published',
    fix: 'Set the clock (NTP). What was asked for is recorded, and published once the clock is right.',
    retryAfterS: 5,
  },
  'start-refused': {
    status: 503,
    title: 'The service refused to start',
    fix: 'Read the last line of the log: it says which setting contradicts which state.',
  },
  'route-not-found': {
    status: 404,
    title: 'No such resource',
    fix: 'Check the path: it matters to the last character, and nothing is redirected.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The resource does not answer this method',
    fix: 'Use a method that the Allow header names.',
  },
  'body-malformed': {
    status: 400,
    title: 'The body is not strict JSON',
    fix: 'Send one JSON object in UTF-8, without a byte order mark and without repeated members.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    fix: 'Send at most 256 kB, or 4 MB to /apply, uncompressed.',
  },
  'media-type-unsupported': {
    status: 415,
    title: 'The body is not declared as JSON',
    fix: 'Send "Content-Type: application/json" and no Content-Encoding.',
  },
  'document-not-found': {
    status: 404,
    title: 'There is no document at this address',
    fix: 'Check the address: it matters to the last character. A query is not part of any document.',
  },
  'document-gone': {
    status: 410,
    title: 'The document was withdrawn',
    fix: 'Stop using it: the agent was retired and will not come back.',
  },
  'document-expired': {
    status: 503,
    title: 'The present document has expired',
    fix: 'Treat the status as unknown, and try again shortly.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    fix: 'Wait for the seconds that Retry-After names. RateLimit says how many requests are left.',
  },
  'internal-error': {
    status: 500,
    title: 'Something went wrong on our side',
    fix: 'Report the "instance" of this answer: the log of the service has the rest under it.',
  },
};

/** One occurrence of a problem, as it goes into a problem document. */
export interface ProblemOccurrence {
  readonly code: ProblemCode;
  readonly detail?: string | undefined;
  readonly faults?: readonly InputFault[] | undefined;
  /** A UUID that the log knows too; absent in answers that are the same for everybody. */
  readonly requestId?: string | undefined;
}

/** A problem document (RFC 9457 §3). */
export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly instance?: string;
  readonly fix: string;
  readonly errors?: readonly InputFault[];
}

/** Builds the document; its `type` is the address of the page that explains the code. */
export function buildProblem(origin: string, occurrence: ProblemOccurrence): ProblemJson {
  const { code, detail, faults = [], requestId } = occurrence;
  const { status, title, fix } = problems[code];
  return {
    type: `${origin}/problems/${code}`,
    title,
    status,
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(requestId === undefined ? {} : { instance: `urn:uuid:${requestId}` }),
    fix,
    ...(faults.length === 0 ? {} : { errors: faults }),
  };
}
