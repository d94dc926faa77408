import { findCredentialLink } from '../../protocol/link-header.ts';
import type { Parsed } from '../../protocol/parsed.ts';
import { refused } from '../../protocol/parsed.ts';
import type { JsonObject } from '../../protocol/strict-json.ts';
import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { ageSecondsOf } from '../resolve/freshness.ts';
import { findingOfTrouble } from '../trouble-finding.ts';

const fix = 'Publish the document with its passport in vc+jwt, or named by a Link header.';

/**
 * VC-CIMD-00 §6: the document carries one credential, as a string, in `vc+jwt`. One without that
 * member may name its passport in a Link header (RFC 8288) instead: on its own origin, and where the
 * policy has client_ids of trusted issuers. Nothing else is read. A software statement takes the
 * place of both.
 */
export function checkDocumentCredential(inquiry: Inquiry): Finding | Promise<Finding> {
  const { document, credential } = inquiry.presentation.value;
  if (document?.metadata.ok === false) {
    const faults = evidenceOf(document.metadata.faults);
    return fail('credential-malformed', faults, 'Put one compact JWS into vc+jwt, as a string.');
  }
  if (credential !== undefined) return pass(whereFrom(inquiry));
  const link = findLink(inquiry);
  if (!link.ok) return fail('credential-missing', evidenceOf(link.faults), fix);
  return link.value === undefined
    ? fail('credential-missing', {}, fix)
    : readPassport(inquiry, link.value);
}

function whereFrom({ question }: Inquiry): JsonObject {
  // Nothing in a passport is for one server: what it was presented to is kept for the record.
  return question.audience === undefined
    ? { from: 'document' }
    : { from: 'software_statement', audience: question.audience };
}

function findLink(inquiry: Inquiry): Parsed<string | undefined> {
  const { trust, allowLoopback } = inquiry.court;
  const documentUrl = inquiry.clientId.value;
  // The headers of the last answer: the octets may be older than the link.
  const field = inquiry.octets.known?.headers.get('link');
  const link = findCredentialLink(field, { documentUrl, allowLoopback });
  if (!link.ok || link.value === undefined || trust.kind === 'none') return link;
  const isTrusted = trust.covers(link.value) && !trust.blocks(link.value);
  return isTrusted ? link : refused('', 'link-prefix', 'leads out of every trusted prefix');
}

async function readPassport(inquiry: Inquiry, url: string): Promise<Finding> {
  const { sources, clock } = inquiry.court;
  inquiry.passportUrl.set(url);
  const documentUrl = inquiry.clientId.value;
  const reading = await sources.passports.read({ documentUrl, url, deadline: inquiry.deadline });
  if (!reading.ok) return findingOfTrouble(reading.trouble, url);
  const { value: credential, held } = reading;
  inquiry.presentation.set(Object.freeze({ ...inquiry.presentation.value, credential }));
  return pass({ from: 'link', url, ageS: ageSecondsOf(held, clock()) });
}
