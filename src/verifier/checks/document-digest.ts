import type { Finding } from '../finding.ts';
import { fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** RFC 8785: the document around the passport is the one that the issuer vouched for. */
export function checkDocumentDigest(inquiry: Inquiry): Finding {
  const { documentDigest } = inquiry.passport;
  return inquiry.presentation.value.document?.digest === documentDigest
    ? pass()
    : fail(
        'document-digest-mismatch',
        { expected: documentDigest },
        'Publish the document as it was issued; every change needs a new passport.',
      );
}
