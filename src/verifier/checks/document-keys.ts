import type { Parsed } from '../../protocol/parsed.ts';
import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass, skip } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import type { Thumbprints } from '../resolve/jwks.ts';
import { thumbprintsOf } from '../resolve/jwks.ts';
import { findingOfTrouble } from '../trouble-finding.ts';

/**
 * RFC 7638: every key with which the client may authenticate is one that the issuer vouched for. A
 * key slipped into the set, or swapped, is found here.
 */
export async function checkDocumentKeys(inquiry: Inquiry): Promise<Finding> {
  const { jwksUri, jwks } = inquiry.metadata;
  if (jwksUri !== undefined) {
    const ask = { url: jwksUri, deadline: inquiry.deadline };
    const reading = await inquiry.court.sources.keySets.read(ask);
    return reading.ok
      ? compare(inquiry, reading.value)
      : findingOfTrouble(reading.trouble, jwksUri);
  }
  return jwks === undefined
    ? skip('the document names no keys')
    : compare(inquiry, await thumbprintsOf(jwks));
}

function compare(inquiry: Inquiry, keys: Parsed<Thumbprints>): Finding {
  if (!keys.ok) {
    return fail('document-invalid', evidenceOf(keys.faults), 'Publish public signing keys alone.');
  }
  const { jwkThumbprints } = inquiry.passport;
  const strangers = keys.value.filter((thumbprint) => !jwkThumbprints.includes(thumbprint));
  return strangers.length === 0
    ? pass({ keys: keys.value.length })
    : fail(
        'key-binding-mismatch',
        { strangers },
        'Publish the keys the passport names, or have a passport issued that names these.',
      );
}
