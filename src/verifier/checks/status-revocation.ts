import type { Finding } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { findingOfPurpose } from '../status-finding.ts';

/** BSL §2.2: the credential was not revoked, which would be for good. */
export function checkStatusRevocation(inquiry: Inquiry): Finding {
  return findingOfPurpose(inquiry, {
    purpose: 'revocation',
    reason: 'status-revoked',
    fix: 'Ask the issuer why; a revoked credential stays revoked, only a new one helps.',
  });
}
