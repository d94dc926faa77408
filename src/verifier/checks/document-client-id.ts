import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** CIMD-02 §4.1: the document's client_id is, character for character, the URL it was read from. */
export function checkDocumentClientId(inquiry: Inquiry): Finding {
  const metadata = inquiry.presentation.value.document?.metadata;
  const faults = metadata?.ok === false ? metadata.faults : [];
  const own = faults.filter(({ rule }) => rule === 'client-id-mismatch');
  return own.length === 0
    ? pass()
    : fail('client-id-mismatch', evidenceOf(own), 'Set client_id to the URL of the document.');
}
