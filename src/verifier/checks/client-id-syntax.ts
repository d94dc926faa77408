import { parseClientId } from '../../protocol/client-id.ts';
import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

const fix =
  'Use the exact https URL of the document; http://localhost is for development (allowLoopback, --allow-loopback).';

/** CIMD-02 §3: the client_id is an https URL in the one spelling that everybody compares. */
export function checkClientIdSyntax(inquiry: Inquiry): Finding {
  const { allowLoopback } = inquiry.court;
  const parsed = parseClientId(inquiry.claimedClientId, { allowLoopback });
  if (!parsed.ok) {
    return fail('url-invalid', evidenceOf(parsed.faults), fix);
  }
  inquiry.clientId.set(parsed.value);
  return pass();
}
