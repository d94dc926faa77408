import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** Faults that have a check, and a reason, of their own. */
const otherChecks: ReadonlySet<string> = new Set(['client-id-mismatch', 'credential-malformed']);

/** CIMD-02 §4 and §4.1: strict JSON, served as JSON, that says what a client document must say. */
export function checkDocumentMetadata(inquiry: Inquiry): Finding {
  const metadata = inquiry.presentation.value.document?.metadata;
  const faults = metadata?.ok === false ? metadata.faults : [];
  const own = faults.filter(({ rule }) => !otherChecks.has(rule));
  return own.length === 0
    ? pass()
    : fail('document-invalid', evidenceOf(own), 'Mend the document where the faults point.');
}
