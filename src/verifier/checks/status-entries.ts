import type { Finding } from '../finding.ts';
import { fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** BSL §2.1, TSL §6.2: the credential says where its revocation would be found. */
export function checkStatusEntries(inquiry: Inquiry): Finding {
  const { bitstringEntries, tokenStatus } = inquiry.signed.value;
  const revocable =
    bitstringEntries.length === 0
      ? tokenStatus !== undefined
      : bitstringEntries.some(({ purpose }) => purpose === 'revocation');
  return revocable
    ? pass({ entries: bitstringEntries.length })
    : fail('status-missing', {}, 'Issue credentials that name a revocation list.');
}
