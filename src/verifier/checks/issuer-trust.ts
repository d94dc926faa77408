import type { Finding } from '../finding.ts';
import { fail, pass, warn } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { blockedFix } from './client-id-trust.ts';

const baseType = 'VerifiableCredential';

/**
 * The issuer is one the operator trusts for this very client_id and this type of credential. Comes
 * before anything that the issuer names is fetched.
 */
export function checkIssuerTrust(inquiry: Inquiry): Finding {
  const { trust } = inquiry.court;
  const { issuer, types, validFrom } = inquiry.unverified;
  if (trust.kind === 'none') {
    return warn({ issuer }, 'Verify with a policy that names the issuers you trust.');
  }
  // A credential on its own has not passed the check of a client_id.
  if (trust.blocks(inquiry.subject)) {
    return fail('client-blocked', { issuer }, blockedFix);
  }
  const judgement = trust.judge({
    issuer,
    subject: inquiry.subject,
    types: types.filter((type) => type !== baseType),
    issuedAt: validFrom.getTime(),
    algorithm: inquiry.presentedJws.header.alg,
  });
  if (!judgement.trusted) {
    const { distrust } = judgement;
    const reason = distrust === 'algorithm' ? 'algorithm-not-allowed' : 'issuer-not-trusted';
    const fix = 'Trust this issuer for this client_id and type, or refuse the client.';
    return fail(reason, { issuer, distrust }, fix);
  }
  inquiry.trusted.set(judgement.limits);
  return pass({ issuer });
}
