import type { Severity } from '../lint/finding.ts';
import type { JsonObject } from '../protocol/strict-json.ts';

/** What a rule of the probe says, wherever it is broken. */
export interface ProbeRule {
  readonly severity: Severity;
  /** One sentence. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly fix: string;
  /** A section of a standard, or `practice` where readers are known to trip over what none forbids. */
  readonly source: string;
}

function rule(severity: Severity, source: string, message: string, fix: string): ProbeRule {
  return { severity, message, fix, source };
}

/** Everything that the probe can find, by stable id: `probe.{part}.{defect}`. */
export const probeRules = {
  'probe.address.unresolved': rule(
    'error',
    'practice',
    'The host name has no address.',
    'Publish an A and an AAAA record for the host.',
  ),
  'probe.address.not-public': rule(
    'error',
    'CIMD-02 §8.6',
    'The host name leads to an address that is not public, which servers refuse to dial.',
    'Have the name lead to public addresses only.',
  ),
  'probe.address.unreachable': rule(
    'warning',
    'practice',
    'One of the addresses of the host does not answer, so that readers lose time or fail.',
    'Serve the documents on every address in the DNS, or take the address out of it.',
  ),
  'probe.address.ipv6-only': rule(
    'warning',
    'practice',
    'The host has no IPv4 address, so that servers without IPv6 cannot read from it.',
    'Publish an A record as well.',
  ),
  'probe.reach.blocked': rule(
    'error',
    'CIMD-02 §8.6',
    'The URL is one that servers refuse to dial.',
    'Publish under an https URL with a public host name and the default port.',
  ),
  'probe.reach.unanswered': rule(
    'error',
    'practice',
    'There was no answer.',
    'Look at the port, at firewalls, and at how long the server takes.',
  ),
  'probe.reach.flaky': rule(
    'warning',
    'practice',
    'Some of several equal requests were not answered, or not alike.',
    'Look at rate limits, and at servers behind one name that differ.',
  ),
  'probe.tls.failed': rule(
    'error',
    'RFC 8446',
    'The server does not complete a TLS handshake.',
    'Serve https on this port, with a certificate for this name.',
  ),
  'probe.tls.untrusted': rule(
    'error',
    'RFC 9110 §4.3.4',
    'The certificate chain leads to no authority that is trusted publicly, or a part of it is missing.',
    'Serve the certificate of a public authority together with its intermediate certificates.',
  ),
  'probe.tls.name': rule(
    'error',
    'RFC 9110 §4.3.4',
    'The certificate is for another name.',
    'Serve a certificate that names this host.',
  ),
  'probe.tls.expired': rule(
    'error',
    'RFC 9110 §4.3.4',
    'The certificate has run out, or has not begun.',
    'Renew the certificate, and see why it was not renewed by itself.',
  ),
  'probe.tls.expires-soon': rule(
    'warning',
    'practice',
    'The certificate runs out soon, by its own length of life.',
    'See whether it is going to be renewed by itself.',
  ),
  'probe.tls.old-version': rule(
    'error',
    'RFC 8996',
    'The server speaks no TLS newer than 1.1, which readers refuse.',
    'Switch on TLS 1.2 and 1.3.',
  ),
  'probe.answer.redirect': rule(
    'error',
    'CIMD-02 §5',
    'The URL answers with a redirect, which servers do not follow.',
    'Serve the document at the very URL.',
  ),
  'probe.answer.status': rule(
    'error',
    'CIMD-02 §4',
    'The URL does not answer with status 200.',
    'Serve the document with status 200 to everybody.',
  ),
  'probe.answer.challenge': rule(
    'error',
    'practice',
    'A page for people comes in the place of the document: a bot wall, a login or an error page.',
    'Exempt the paths of the documents from bot protection and logins: their readers are programs.',
  ),
  'probe.answer.content-type': rule(
    'error',
    'CIMD-02 §4, TSL §8',
    'The document is served under another media type than its own.',
    'Serve JSON as application/json, and status lists as application/vc+jwt or application/statuslist+jwt.',
  ),
  'probe.answer.size': rule(
    'error',
    'Sealwright verifier',
    'The document is larger than what readers take.',
    'Make it smaller: fewer keys, or several lists.',
  ),
  'probe.answer.encoding': rule(
    'error',
    'RFC 9110 §12.5.3',
    'The answer is compressed in a way that was not asked for, or cannot be decompressed.',
    'Compress only for those who ask for it, and with what they ask for.',
  ),
  'probe.answer.cookie': rule(
    'notice',
    'RFC 9111 §7.3',
    'The answer sets a cookie, which a public document has no use for.',
    'Serve the document without Set-Cookie; look at the CDN for it.',
  ),
  'probe.answer.slow': rule(
    'warning',
    'practice',
    'The answer took so long that some servers would have given up: they wait for 2.5 seconds.',
    'Serve the document from memory, a disk or a CDN.',
  ),
  'probe.answer.unstable': rule(
    'warning',
    'practice',
    'Two equal requests had different octets for an answer.',
    'Serve stored octets: what is generated per request defeats caches and digests.',
  ),
  'probe.head.differs': rule(
    'warning',
    'RFC 9110 §9.3.2',
    'HEAD is answered otherwise than GET.',
    'Answer HEAD as GET, without the body.',
  ),
  'probe.dependence.user-agent': rule(
    'error',
    'practice',
    'The answer depends on the User-Agent: not everybody gets the document.',
    'Serve the document whatever User-Agent is sent, and if none is.',
  ),
  'probe.dependence.accept': rule(
    'error',
    'practice',
    'The answer depends on Accept, so that some servers get something else than the document.',
    'Serve the same octets whatever Accept says: pages for people have URLs of their own.',
  ),
  'probe.dependence.negotiated': rule(
    'warning',
    'RFC 9110 §12.5.5',
    'Who asks for HTML gets another answer, and caches on the way have to keep the two apart.',
    'Serve the same octets whatever Accept says: pages for people have URLs of their own.',
  ),
  'probe.dependence.vary': rule(
    'notice',
    'RFC 9111 §4.1',
    'The answer says that it varies by request headers, so that caches keep a copy for each value, or none.',
    'Serve the same octets to everybody, without Vary.',
  ),
  'probe.caching.no-store': rule(
    'notice',
    'CIMD-02 §5.2',
    'The answer forbids caching, so that every use of the client costs a request.',
    'Send Cache-Control: public, max-age=300, and max-age=15 for status lists.',
  ),
  'probe.caching.no-lifetime': rule(
    'notice',
    'RFC 9111 §4.2.2',
    'The answer does not say how long it may be cached, so that every reader chooses for itself.',
    'Send Cache-Control: public, max-age=300, and max-age=15 for status lists.',
  ),
  'probe.caching.long-lifetime': rule(
    'warning',
    'RFC 9111 §4.2.1',
    'Caches may keep the answer for so long that a change or a revocation comes late.',
    'Send a max-age of at most a day, and of at most a minute for status lists.',
  ),
  'probe.caching.stale': rule(
    'warning',
    'RFC 9111 §4.2.4',
    'A cache on the way served an answer that was older than its own lifetime.',
    'Have the cache ask again in time, and serve nothing stale.',
  ),
  'probe.caching.no-etag': rule(
    'notice',
    'RFC 9110 §8.8.3',
    'The answer has no ETag, so that unchanged documents are sent whole.',
    'Send a strong ETag, such as a digest of the octets.',
  ),
  'probe.caching.weak-etag': rule(
    'notice',
    'RFC 9110 §8.8.1',
    'The ETag is weak: it does not promise the same octets. Compression on the way makes it so.',
    'Send a strong ETag, and have the CDN leave it alone.',
  ),
  'probe.caching.no-304': rule(
    'warning',
    'RFC 9110 §13.1.2',
    'A reader that names the very ETag it was given gets the document again instead of 304.',
    'Answer If-None-Match with 304.',
  ),
  'probe.caching.false-304': rule(
    'error',
    'RFC 9110 §13.1.2',
    'A reader that names an ETag that was never given is told that nothing changed.',
    'Compare If-None-Match with the ETag of the document.',
  ),
} satisfies Readonly<Record<string, ProbeRule>>;

/** The id of a rule of the probe. */
export type ProbeRuleId = keyof typeof probeRules;

/** A rule that is broken, with what was seen. */
export interface ProbeFinding extends ProbeRule {
  readonly id: ProbeRuleId;
  /** The URL of a document, or an origin where it concerns every document there. */
  readonly at: string;
  /** What was seen; texts of the peer are cut, and are for display alone. */
  readonly evidence: JsonObject;
}

/** What is found at a place: the id of a rule, and what was seen. */
export type Discovery = readonly [id: ProbeRuleId, evidence: JsonObject];

/** A discovery as a finding at a place. */
export function findingAt(at: string, [id, evidence]: Discovery): ProbeFinding {
  return { id, ...probeRules[id], at, evidence };
}
