import type { Finding } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { findingOfPurpose } from '../status-finding.ts';

/** BSL §2.2: the credential is not suspended at present. */
export function checkStatusSuspension(inquiry: Inquiry): Finding {
  return findingOfPurpose(inquiry, {
    purpose: 'suspension',
    reason: 'status-suspended',
    fix: 'Ask the issuer why; a suspension ends when the issuer resumes the agent.',
  });
}
