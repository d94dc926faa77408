import { findAssertionKey } from '../../protocol/did-document.ts';
import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { findingOfIssuer } from './issuer-did.ts';

/** CID-1.0 §3.3: the kid names a key that its DID lists for assertions, and that is in force. */
export async function checkIssuerKey(inquiry: Inquiry): Promise<Finding> {
  const { issuer: did } = inquiry.unverified;
  const { deadline, plainLoopback } = inquiry;
  const { kid } = inquiry.presentedJws.header;
  const asked = { kid, at: new Date(inquiry.now) };
  const document = inquiry.issuerDocument.value;
  const key = findAssertionKey(document, asked);
  const request = { did, deadline, plainLoopback, ...asked };
  const newer = await inquiry.court.sources.issuers.newerKey(request, key);
  const found = newer ?? { ok: true, key, document };
  if (!found.ok) {
    return findingOfIssuer(found.reading, did);
  }
  if (!found.key.ok) {
    const evidence = { kid, ...evidenceOf(found.key.faults) };
    return fail('key-not-found', evidence, 'List the key under assertionMethod, or sign anew.');
  }
  inquiry.issuerDocument.set(found.document);
  inquiry.issuerKey.set(found.key.value);
  return pass({ kid });
}
