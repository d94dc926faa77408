import type { Parsed } from '../../protocol/parsed.ts';
import type { JsonObject } from '../../protocol/strict-json.ts';
import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { isTooLarge } from '../intake/from-pushed-metadata.ts';
import { presentUnderStatement } from '../intake/from-software-statement.ts';
import { ageSecondsOf } from '../resolve/freshness.ts';
import { findingOfTrouble } from '../trouble-finding.ts';

/**
 * CIMD-02 §5: the document is read from its URL, with status 200, without a redirect, in bounds. Of
 * pushed metadata nothing is left to read; they are one JSON object within the same bounds.
 */
export function checkDocumentFetch(inquiry: Inquiry): Finding | Promise<Finding> {
  const { pushed } = inquiry.question;
  return pushed === undefined ? readDocument(inquiry) : findingOfPushed(pushed);
}

async function readDocument(inquiry: Inquiry): Promise<Finding> {
  const url = inquiry.clientId.value;
  const reading = await inquiry.court.sources.documents.read({ url, deadline: inquiry.deadline });
  if (!reading.ok) {
    return findingOfTrouble(reading.trouble, url);
  }
  inquiry.octets.set(reading.held);
  const { presentation: handedOver } = inquiry.question;
  inquiry.presentation.set(
    handedOver === undefined ? reading.value : presentUnderStatement(reading.value, handedOver),
  );
  return pass({
    bytes: reading.held.response.body.byteLength,
    ageS: ageSecondsOf(reading.held, inquiry.court.clock()),
  });
}

function findingOfPushed(pushed: Parsed<JsonObject>): Finding {
  if (pushed.ok) return pass({ from: 'request' });
  const reason = pushed.faults.some(isTooLarge) ? 'document-too-large' : 'document-invalid';
  return fail(reason, evidenceOf(pushed.faults), 'Push the document as the issuer vouched for it.');
}
