import { formatDateTime } from '../../protocol/date-time.ts';
import { clockSkewMs } from '../../protocol/limits.ts';
import type { Finding } from '../finding.ts';
import { fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** VCDM-2.0 §4.9 and RFC 7519 §4.1.4: inside both validities, give or take 60 s of clock skew. */
export function checkCredentialValidity(inquiry: Inquiry): Finding {
  const { validFrom, validUntil } = inquiry.signed.value;
  if (inquiry.now < validFrom.getTime() - clockSkewMs) {
    const evidence = { validFrom: formatDateTime(validFrom) };
    return fail('not-yet-valid', evidence, 'Wait, or set the clocks right.');
  }
  if (inquiry.now >= validUntil.getTime() + clockSkewMs) {
    const evidence = { validUntil: formatDateTime(validUntil) };
    return fail('expired', evidence, 'Renew the credential and publish it.');
  }
  return pass({ validUntil: formatDateTime(validUntil) });
}
