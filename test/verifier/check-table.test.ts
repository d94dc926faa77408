import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { checks } from '../../src/verifier/verify-client.ts';
import { createPaperWorld } from './support/paper-world.ts';

/** Id, what is true of a client that passes, and the reason that is given if the check breaks down. */
const table = [
  ['client-id.syntax', 'Well-formed client_id', 'url-invalid'],
  ['client-id.trust', 'Under a trusted prefix', 'issuer-not-trusted'],
  ['document.fetch', 'Document read', 'fetch-failed'],
  ['document.metadata', 'Valid client metadata', 'document-invalid'],
  ['document.client-id', 'Names its own URL', 'client-id-mismatch'],
  ['document.credential', 'Carries a passport', 'credential-missing'],
  ['credential.envelope', 'Well-formed passport', 'credential-malformed'],
  ['issuer.trust', 'Issuer trusted for this client', 'issuer-not-trusted'],
  ['issuer.did', 'Issuer resolved', 'issuer-unresolvable'],
  ['issuer.key', 'Key of the issuer', 'key-not-found'],
  ['credential.signature', 'Signature valid', 'signature-invalid'],
  ['credential.schema', 'Claims well formed', 'schema-invalid'],
  ['credential.validity', 'Within its validity', 'expired'],
  ['credential.lifetime', 'Short-lived enough', 'policy-not-met'],
  ['credential.subject', 'About this client', 'subject-mismatch'],
  ['document.digest', 'Document as vouched for', 'document-digest-mismatch'],
  ['document.keys', 'Keys as vouched for', 'key-binding-mismatch'],
  ['status.entries', 'Revocable', 'status-missing'],
  ['status.lists', 'Status lists signed and fresh', 'status-unavailable'],
  ['status.revocation', 'Not revoked', 'status-revoked'],
  ['status.suspension', 'Not suspended', 'status-suspended'],
  ['credential.facets', 'Facets that are needed', 'policy-not-met'],
  ['policy.credentials', 'Required credentials held', 'policy-not-met'],
  ['policy.claims', 'Required claims made', 'policy-not-met'],
  ['policy.attestations', 'Standards attested', 'policy-not-met'],
  ['policy.scopes', 'Required scopes permitted', 'policy-not-met'],
  ['policy.approval', 'Approved by the operator', 'policy-not-met'],
  ['access.scopes', 'Requested scopes', 'policy-not-met'],
  ['access.details', 'Requested details', 'policy-not-met'],
] as const;

describe('the table of checks', () => {
  it('has these ids, titles and reasons, in this order', () => {
    expect(checks.map(([id, title, reason]) => [id, title, reason])).toEqual(table);
  });

  it('is what a report shows', async () => {
    const world = await createPaperWorld();
    const { report } = await createVerifier(world.options()).verifyClient(world.clientId);
    expect(report.checks.map(({ id, title }) => [id, title])).toEqual(
      table.map(([id, title]) => [id, title]),
    );
  });
});
