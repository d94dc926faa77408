import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** VC-CIMD-00 §6: the document carries one credential, as a string, in `vc+jwt`. */
export function checkDocumentCredential(inquiry: Inquiry): Finding {
  const { document, credential } = inquiry.presentation.value;
  if (document?.metadata.ok === false) {
    const faults = evidenceOf(document.metadata.faults);
    return fail('credential-malformed', faults, 'Put one compact JWS into vc+jwt, as a string.');
  }
  return credential === undefined
    ? fail('credential-missing', {}, 'Publish the document with its passport in vc+jwt.')
    : pass();
}
