import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass, undetermined } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import type { IssuerReading } from '../resolve/did-web.ts';
import { evidenceOfTrouble } from '../trouble-finding.ts';

/** did:web §2.5.2: the issuer's DID document is read from its place and names that very DID. */
export async function checkIssuerDid(inquiry: Inquiry): Promise<Finding> {
  const { issuer: did } = inquiry.unverified;
  const { deadline, plainLoopback } = inquiry;
  const { issuers } = inquiry.court.sources;
  const reading = await issuers.document({ did, deadline, plainLoopback });
  if (!reading.ok || !reading.value.ok) {
    return findingOfIssuer(reading, did);
  }
  inquiry.issuerDocument.set(reading.value.value);
  return pass({ did });
}

/** What it means that an issuer's document could not be had, or is none. */
export function findingOfIssuer(reading: IssuerReading, did: string): Finding {
  if (reading.ok) {
    const faults = reading.value.ok ? [] : reading.value.faults;
    const evidence = { did, ...evidenceOf(faults) };
    return fail('issuer-unresolvable', evidence, 'Publish a valid DID document at its place.');
  }
  const evidence = { did, ...evidenceOfTrouble(reading.trouble) };
  return reading.trouble.definite
    ? fail('issuer-unresolvable', evidence, 'Publish the DID document over https with status 200.')
    : undetermined('issuer-unresolvable', evidence, 'Try again; the host did not answer properly.');
}
