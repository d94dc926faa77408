import type { Finding } from '../finding.ts';
import { fail, pass, skip } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** Trust before fetch: a URL that no trusted issuer vouches for is not even read. */
export function checkClientIdTrust(inquiry: Inquiry): Finding {
  const { trust } = inquiry.court;
  if (trust.kind === 'none') {
    return skip('no policy was given');
  }
  return trust.covers(inquiry.clientId.value)
    ? pass()
    : fail(
        'issuer-not-trusted',
        { distrust: 'client-id' },
        'Add a prefix of this URL to the clientIds of an issuer that you trust.',
      );
}
