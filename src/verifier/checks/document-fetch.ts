import type { Finding } from '../finding.ts';
import { pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { ageSecondsOf } from '../resolve/freshness.ts';
import { findingOfTrouble } from '../trouble-finding.ts';

/** CIMD-02 §5: the document is read from its URL, with status 200, without a redirect, in bounds. */
export async function checkDocumentFetch(inquiry: Inquiry): Promise<Finding> {
  const url = inquiry.clientId.value;
  const reading = await inquiry.court.sources.documents.read({ url, deadline: inquiry.deadline });
  if (!reading.ok) {
    return findingOfTrouble(reading.trouble, url);
  }
  inquiry.octets.set(reading.held);
  inquiry.presentation.set(reading.value);
  return pass({
    bytes: reading.held.response.body.byteLength,
    ageS: ageSecondsOf(reading.held, inquiry.court.clock()),
  });
}
