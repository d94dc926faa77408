import { algorithmFits } from '../../protocol/jwk.ts';
import type { Finding } from '../finding.ts';
import { fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** RFC 7515 §5.2 and RFC 8725 §3.1: the key made the signature, by the one algorithm it is for. */
export async function checkCredentialSignature(inquiry: Inquiry): Promise<Finding> {
  const jws = inquiry.presentedJws;
  const key = inquiry.issuerKey.value;
  const { alg } = jws.header;
  if (!algorithmFits(alg, key)) {
    return fail('algorithm-not-allowed', { alg }, 'Sign with the algorithm of the key.');
  }
  if (!(await inquiry.court.sources.signatures.verify(jws, key))) {
    return fail('signature-invalid', { alg }, 'Issue the credential anew; this one was changed.');
  }
  inquiry.signed.set(inquiry.unverified);
  return pass({ alg });
}
