import { checkAccessDetails } from './checks/access-details.ts';
import { checkAccessScopes } from './checks/access-scopes.ts';
import { checkClientIdSyntax } from './checks/client-id-syntax.ts';
import { checkClientIdTrust } from './checks/client-id-trust.ts';
import { checkCredentialEnvelope } from './checks/credential-envelope.ts';
import { checkCredentialFacets } from './checks/credential-facets.ts';
import { checkCredentialLifetime } from './checks/credential-lifetime.ts';
import { checkCredentialSchema } from './checks/credential-schema.ts';
import { checkCredentialSignature } from './checks/credential-signature.ts';
import { checkCredentialSubject } from './checks/credential-subject.ts';
import { checkCredentialValidity } from './checks/credential-validity.ts';
import { checkDocumentClientId } from './checks/document-client-id.ts';
import { checkDocumentCredential } from './checks/document-credential.ts';
import { checkDocumentDigest } from './checks/document-digest.ts';
import { checkDocumentFetch } from './checks/document-fetch.ts';
import { checkDocumentKeys } from './checks/document-keys.ts';
import { checkDocumentMetadata } from './checks/document-metadata.ts';
import { checkIssuerDid } from './checks/issuer-did.ts';
import { checkIssuerKey } from './checks/issuer-key.ts';
import { checkIssuerTrust } from './checks/issuer-trust.ts';
import { checkPolicyApproval } from './checks/policy-approval.ts';
import { checkPolicyAttestations } from './checks/policy-attestations.ts';
import { checkPolicyClaims } from './checks/policy-claims.ts';
import { checkPolicyCredentials } from './checks/policy-credentials.ts';
import { checkPolicyScopes } from './checks/policy-scopes.ts';
import { checkStatusEntries } from './checks/status-entries.ts';
import { checkStatusLists } from './checks/status-lists.ts';
import { checkStatusRevocation } from './checks/status-revocation.ts';
import { checkStatusSuspension } from './checks/status-suspension.ts';
import type { Court, ExaminedCredential, Question } from './inquiry.ts';
import { Inquiry } from './inquiry.ts';
import type { Presentation } from './intake/presentation.ts';
import { verdictOf } from './report.ts';
import type { Check } from './run-checks.ts';
import { orderFor, runChecks } from './run-checks.ts';
import type { Reason, Verdict } from './verdict.ts';

/**
 * Everything that stands between a client_id and `accepted`, in order. Nothing that an issuer names
 * is fetched before the issuer is trusted; nothing signed is believed, and no status asked for,
 * before the signature holds. The first check that fails decides, and what follows it is not run.
 */
export const checks: readonly Check[] = [
  ['client-id.syntax', 'Well-formed client_id', 'url-invalid', checkClientIdSyntax],
  ['client-id.trust', 'Under a trusted prefix', 'issuer-not-trusted', checkClientIdTrust],
  ['document.fetch', 'Document read', 'fetch-failed', checkDocumentFetch],
  ['document.metadata', 'Valid client metadata', 'document-invalid', checkDocumentMetadata],
  ['document.client-id', 'Names its own URL', 'client-id-mismatch', checkDocumentClientId],
  ['document.credential', 'Carries a passport', 'credential-missing', checkDocumentCredential],
  ['credential.envelope', 'Well-formed passport', 'credential-malformed', checkCredentialEnvelope],
  ['issuer.trust', 'Issuer trusted for this client', 'issuer-not-trusted', checkIssuerTrust],
  ['issuer.did', 'Issuer resolved', 'issuer-unresolvable', checkIssuerDid],
  ['issuer.key', 'Key of the issuer', 'key-not-found', checkIssuerKey],
  ['credential.signature', 'Signature valid', 'signature-invalid', checkCredentialSignature],
  ['credential.schema', 'Claims well formed', 'schema-invalid', checkCredentialSchema],
  ['credential.validity', 'Within its validity', 'expired', checkCredentialValidity],
  ['credential.lifetime', 'Short-lived enough', 'policy-not-met', checkCredentialLifetime],
  ['credential.subject', 'About this client', 'subject-mismatch', checkCredentialSubject],
  ['document.digest', 'Document as vouched for', 'document-digest-mismatch', checkDocumentDigest],
  ['document.keys', 'Keys as vouched for', 'key-binding-mismatch', checkDocumentKeys],
  ['status.entries', 'Revocable', 'status-missing', checkStatusEntries],
  ['status.lists', 'Status lists signed and fresh', 'status-unavailable', checkStatusLists],
  ['status.revocation', 'Not revoked', 'status-revoked', checkStatusRevocation],
  ['status.suspension', 'Not suspended', 'status-suspended', checkStatusSuspension],
  ['credential.facets', 'Facets that are needed', 'policy-not-met', checkCredentialFacets],
  ['policy.credentials', 'Required credentials held', 'policy-not-met', checkPolicyCredentials],
  ['policy.claims', 'Required claims made', 'policy-not-met', checkPolicyClaims],
  ['policy.attestations', 'Standards attested', 'policy-not-met', checkPolicyAttestations],
  ['policy.scopes', 'Required scopes permitted', 'policy-not-met', checkPolicyScopes],
  ['policy.approval', 'Approved by the operator', 'policy-not-met', checkPolicyApproval],
  ['access.scopes', 'Requested scopes', 'policy-not-met', checkAccessScopes],
  ['access.details', 'Requested details', 'policy-not-met', checkAccessDetails],
];

// Findings that a copy can cause, because it is old or because it was spoilt on its way: what was
// found is checked against the origin before it counts.
const causedByCopy: ReadonlySet<Reason | null> = new Set<Reason>([
  'key-not-found',
  'signature-invalid',
  'subject-mismatch',
  'document-digest-mismatch',
  'expired',
  'status-revoked',
  'status-suspended',
  'key-binding-mismatch',
]);
// A copy younger than this is as good as a new one; bounds what a refused client costs its issuer.
const suspectAfterMs = 1_000;
/** Everything that one question may take, and one read on behalf of a host. */
export const deadlineMs = 5_000;

/**
 * Judges one question by a table of checks, within five seconds. When the finding may be owed to a
 * copy, the copies are read again, once, before the verdict; where that fails, the finding stands.
 */
export async function verifyClient(
  court: Court,
  question: Question,
  table: readonly Check[] = checks,
): Promise<Verdict> {
  const deadline = Date.now() + deadlineMs;
  const inquire = () => inquiryBy(table, { court, question, deadline });
  const rows = orderFor(question.input.kind, table);
  const first = inquire();
  const results = await runChecks(rows, first);
  // What was pushed is no copy: there is nothing to read again.
  const isCopy = question.pushed === undefined && causedByCopy.has(results.reason);
  if (!isCopy || !suspectCopies(first)) {
    return verdictOf(first, results);
  }
  const second = inquire();
  const again = await runChecks(rows, second);
  if (again.reason !== 'fetch-failed') return verdictOf(second, again);
  // A document that cannot be read again, or is withdrawn, does not undo what was found in it.
  for (const url of documentUrls(first)) court.sources.octets.believe(url);
  return verdictOf(first, results);
}

interface Order {
  readonly court: Court;
  readonly question: Question;
  readonly deadline: number;
}

/** An inquiry in which further credentials of the client are examined by the same table. */
function inquiryBy(table: readonly Check[], order: Order): Inquiry {
  const { court, question, deadline } = order;
  const examine = async (presentation: Presentation): Promise<ExaminedCredential> => {
    const asked = questionOn(presentation);
    const inner = new Inquiry(court, asked, { deadline, examine: examineNoFurther });
    const { outcome, reason } = await runChecks(table, inner);
    const credential = inner.signed.known;
    return { outcome, reason, credential, statement: inner.statement.known };
  };
  return new Inquiry(court, question, { deadline, examine });
}

// A listing that leads back to a passport would otherwise be followed without end.
function examineNoFurther(): Promise<never> {
  return Promise.reject(new TypeError('an examined credential does not have others examined'));
}

function questionOn(presentation: Presentation): Question {
  const input = { kind: 'jwt', value: '' } as const;
  return { input, raw: '', scope: '', details: [], credentials: [], presentation };
}

/** The document, a passport beside it, and the key set that an inquiry read. */
function documentUrls(inquiry: Inquiry): readonly string[] {
  const metadata = inquiry.presentation.known?.document?.metadata;
  const jwksUri = metadata?.ok === true ? metadata.value.jwksUri : undefined;
  const { clientId, passportUrl } = inquiry;
  return [clientId.known, passportUrl.known, jwksUri].filter((url) => url !== undefined);
}

/** Doubts every copy that the finding may rest on; false when all of them are as good as new. */
function suspectCopies(inquiry: Inquiry): boolean {
  const { octets, lists } = inquiry.court.sources;
  const credential = inquiry.signed.known;
  const listUrls = [
    ...(credential?.bitstringEntries.map(({ list }) => list) ?? []),
    credential?.tokenStatus?.uri,
  ];
  const doubted = [
    ...documentUrls(inquiry).map((url) => octets.suspect(url, suspectAfterMs)),
    ...listUrls.map((url) => url !== undefined && lists.suspect(url, suspectAfterMs)),
  ];
  return doubted.includes(true);
}
