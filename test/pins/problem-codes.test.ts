import { expect, test } from 'vitest';
import { buildProblem, problems } from '../../src/http/problems.ts';

/** Outsiders switch on these: a code never changes its meaning, and none goes away. */
const pinned = {
  'agent-not-found': 404,
  'agent-wrong-state': 409,
  'audit-unavailable': 503,
  'body-malformed': 400,
  'body-too-large': 413,
  'audit-record-not-found': 404,
  'checkpoint-unavailable': 503,
  'claims-invalid': 422,
  'client-id-too-long': 422,
  'clock-behind': 503,
  'conflict-retry': 409,
  'credential-not-found': 404,
  'credential-type-unknown': 422,
  'credential-wrong-state': 409,
  'document-expired': 503,
  'document-gone': 410,
  'document-invalid': 422,
  'document-not-found': 404,
  'document-too-large': 422,
  'enrolment-not-found': 404,
  'enrolment-proof-invalid': 422,
  'enrolment-refused': 403,
  'enrolment-wrong-state': 409,
  'handle-taken': 409,
  'idempotency-key-in-use': 409,
  'idempotency-key-reused': 422,
  'import-not-found': 404,
  'import-refused': 422,
  'import-undetermined': 503,
  'internal-error': 500,
  'invalid-input': 400,
  'issuer-not-trusted': 404,
  'issuer-unavailable': 503,
  'key-held-elsewhere': 409,
  'key-not-found': 404,
  'key-not-usable': 422,
  'key-wrong-state': 409,
  'media-type-unsupported': 415,
  'method-not-allowed': 405,
  'not-permitted': 403,
  'organization-not-found': 404,
  'base-url-taken': 409,
  'owner-not-departed': 404,
  'precondition-failed': 412,
  'rotation-under-way': 409,
  'route-not-found': 404,
  'rule-name-taken': 409,
  'rule-not-found': 404,
  'start-refused': 503,
  'storage-unavailable': 503,
  'subject-token-refused': 400,
  'schema-not-found': 404,
  'template-name-taken': 409,
  'template-not-found': 404,
  'token-not-found': 404,
  'too-many-requests': 429,
  unauthenticated: 401,
  'workload-rule-not-found': 404,
  'delivery-not-found': 404,
  'stream-not-found': 404,
  'too-many-subscriptions': 409,
  'verification-too-soon': 429,
  'webhook-not-found': 404,
  'webhook-wrong-state': 409,
};

test('the problem codes and their statuses', () => {
  const present = Object.entries(problems).map(([code, { status }]) => [code, status]);
  expect(Object.fromEntries(present)).toEqual(pinned);
});

test('the form of a problem document', () => {
  const problem = buildProblem('https://id.acme.com', {
    code: 'invalid-input',
    detail: 'The agent is not well described.',
    faults: [{ pointer: '/name', detail: 'must not be empty' }],
    requestId: '0b8ddb1f-6f3e-4a53-9d0c-1f3f3f6f9f10',
  });
  expect(problem).toEqual({
    type: 'https://id.acme.com/problems/invalid-input',
    title: 'The request does not say what is expected',
    status: 400,
    code: 'invalid-input',
    detail: 'The agent is not well described.',
    instance: 'urn:uuid:0b8ddb1f-6f3e-4a53-9d0c-1f3f3f6f9f10',
    fix: 'Mend every place that "errors" names, and send the request again. Nothing was changed.',
    errors: [{ pointer: '/name', detail: 'must not be empty' }],
  });
});
