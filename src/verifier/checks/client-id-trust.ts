import type { Finding } from '../finding.ts';
import { fail, pass, skip } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** What an operator does about a client of its own block list. */
export const blockedFix = 'Take the client out of the block list of the policy, if it is to pass.';

/** Trust before fetch: a URL that no trusted issuer vouches for is not even read. */
export function checkClientIdTrust(inquiry: Inquiry): Finding {
  const { trust } = inquiry.court;
  if (trust.kind === 'none') {
    return skip('no policy was given');
  }
  const clientId = inquiry.clientId.value;
  if (trust.blocks(clientId)) {
    return fail('client-blocked', {}, blockedFix);
  }
  return trust.covers(clientId)
    ? pass()
    : fail(
        'issuer-not-trusted',
        { distrust: 'client-id' },
        'Add a prefix of this URL to the clientIds of an issuer that you trust.',
      );
}
