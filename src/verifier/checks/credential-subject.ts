import type { Finding } from '../finding.ts';
import { fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** VC-CIMD-00 §6: the credential is about this client, and not copied from another's document. */
export function checkCredentialSubject(inquiry: Inquiry): Finding {
  const { subjectId } = inquiry.signed.value;
  return subjectId === inquiry.subject
    ? pass({ subject: subjectId })
    : fail('subject-mismatch', { subject: subjectId }, 'Issue a credential for this client_id.');
}
