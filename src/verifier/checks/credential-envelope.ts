import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import type { Reason } from '../verdict.ts';

/**
 * VC-JOSE-COSE §3.1 and RFC 8725 §3: one canonical compact JWS with nothing in its header but what
 * belongs there, holding one credential about one agent by one issuer.
 */
export function checkCredentialEnvelope(inquiry: Inquiry): Finding {
  const { credential } = inquiry.presented;
  if (!credential.ok) {
    const reason = reasonOf(credential.faults[0]?.rule ?? '');
    return fail(reason, evidenceOf(credential.faults), 'Issue the credential anew.');
  }
  const { id, issuer, types } = credential.value;
  return pass({ credential: id, issuer, types });
}

function reasonOf(rule: string): Reason {
  if (rule === 'alg-not-allowed') {
    return 'algorithm-not-allowed';
  }
  if (rule.startsWith('subject-')) {
    return 'subject-mismatch';
  }
  return rule.startsWith('status-') ? 'status-invalid' : 'credential-malformed';
}
