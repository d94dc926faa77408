import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld } from './support/paper-world.ts';
import { tamperings } from './support/tamperings.ts';

const keyOfIssuer = expect.stringMatching(/^did:web:id\.acme\.com#[\w-]{43}$/);
const thumbprint = expect.stringMatching(/^[\w-]{43}$/);
const fault = (pointer: string, rule: string, detail: string) => ({
  faults: [{ pointer, rule, detail }],
});

/** What the check that decides finds in every tampering, and what would mend it. */
const findings: readonly (readonly [name: string, evidence: object, fix: string])[] = [
  [
    'client-id.syntax: a dot segment',
    fault('', 'url-path', 'the path has a dot segment, or an escape that hides one'),
    'Use the exact https URL of the document; http://localhost is for development (allowLoopback, --allow-loopback).',
  ],
  [
    'client-id.syntax: plain http',
    fault('', 'url-scheme', 'plain http is for development on loopback only'),
    'Use the exact https URL of the document; http://localhost is for development (allowLoopback, --allow-loopback).',
  ],
  [
    'client-id.syntax: an address literal',
    fault('', 'url-host', 'the host is not a lower-case DNS name'),
    'Use the exact https URL of the document; http://localhost is for development (allowLoopback, --allow-loopback).',
  ],
  [
    'client-id.trust: a URL nobody vouches for',
    { distrust: 'client-id' },
    'Add a prefix of this URL to the clientIds of an issuer that you trust.',
  ],
  [
    'client-id.trust: a prefix that ends inside a segment',
    { distrust: 'client-id' },
    'Add a prefix of this URL to the clientIds of an issuer that you trust.',
  ],
  [
    'issuer.trust: E-14 an issuer that is not in the policy',
    { issuer: 'did:web:id.acme.com', distrust: 'issuer' },
    'Trust this issuer for this client_id and type, or refuse the client.',
  ],
  [
    'issuer.trust: an issuer that vouches for other clients',
    { issuer: 'did:web:id.acme.com', distrust: 'client-id' },
    'Trust this issuer for this client_id and type, or refuse the client.',
  ],
  [
    'issuer.trust: an issuer trusted for another type',
    { issuer: 'did:web:id.acme.com', distrust: 'credential-type' },
    'Trust this issuer for this client_id and type, or refuse the client.',
  ],
  [
    'issuer.trust: an issuer distrusted since',
    { issuer: 'did:web:id.acme.com', distrust: 'distrusted-since' },
    'Trust this issuer for this client_id and type, or refuse the client.',
  ],
  [
    'policy.attestations: a standard not attested',
    { missing: ['SOC 2'] },
    'Have the missing standards attested, then renew.',
  ],
  [
    'policy.attestations: an attestation that ran out',
    { missing: ['ISO/IEC 27001:2022'] },
    'Have the missing standards attested, then renew.',
  ],
  [
    'policy.scopes: a scope that every client must have',
    { missing: ['audit:self'] },
    "Permit the missing scopes in the agent's papers.",
  ],
  [
    'policy.scopes: a scope of facets that cannot be read',
    { missing: ['audit:self'] },
    'Try again; the facets could not be read.',
  ],
  [
    'policy.credentials: a type that nobody published',
    { missing: ['AgentComplianceCredential'] },
    'Have these credentials issued, and publish them.',
  ],
  [
    'policy.credentials: a facet of another type',
    { missing: ['AgentComplianceCredential'] },
    'Have these credentials issued, and publish them.',
  ],
  [
    'policy.credentials: a listing out of reach',
    { missing: ['AgentComplianceCredential'] },
    'Try again; the facets could not all be judged.',
  ],
  [
    'policy.claims: a level below the one required',
    { missing: ['/provenance/slsaLevel'] },
    'Have a passport issued whose claims the policy takes.',
  ],
  [
    'policy.claims: a claim that is not made',
    { missing: ['/agentVersion'] },
    'Have a passport issued whose claims the policy takes.',
  ],
  [
    'policy.approval: a client that nobody allowed',
    { approval: 'pending', recorded: true },
    'Look at the document, then allow it or block it.',
  ],
  [
    'policy.approval: an issuer that is blocked',
    { blockedBy: 'did:web:id.acme.com' },
    'Allow it, or forget the entry that blocks it, if it is to pass.',
  ],
  [
    'policy.approval: approvals out of reach',
    { rule: 'approvals-unreadable' },
    'Mend the store of approvals; until then nobody passes.',
  ],
  [
    'document.fetch: a document that is gone',
    { url: 'https://id.acme.com/a/billing-bot/client.json', cause: 'status', status: 410 },
    'Serve it at exactly this URL with status 200.',
  ],
  [
    'document.fetch: a redirect',
    { url: 'https://id.acme.com/a/billing-bot/client.json', cause: 'redirect', status: null },
    'Serve it at exactly this URL with status 200.',
  ],
  [
    'document.fetch: a host in trouble',
    { url: 'https://id.acme.com/a/billing-bot/client.json', cause: 'status', status: 503 },
    'Try again; the host did not answer properly.',
  ],
  [
    'document.fetch: a host that hangs up',
    { url: 'https://id.acme.com/a/billing-bot/client.json', cause: 'failed', status: null },
    'Try again; the host did not answer properly.',
  ],
  [
    'document.fetch: a document of 6 kB',
    { url: 'https://id.acme.com/a/billing-bot/client.json', cause: 'too-large', status: null },
    'Make the document smaller.',
  ],
  [
    'document.metadata: a page instead of JSON',
    fault('', 'content-type', 'the document is not served as JSON'),
    'Mend the document where the faults point.',
  ],
  [
    'document.metadata: a member named twice',
    fault('', 'json-duplicate', 'an object names the same member twice'),
    'Mend the document where the faults point.',
  ],
  [
    'document.metadata: a client secret',
    fault('/client_secret', 'metadata-secret', 'a public document has no client secret'),
    'Mend the document where the faults point.',
  ],
  [
    'document.metadata: keys on another origin',
    fault('/jwks_uri', 'jwks-uri-origin', 'on another origin than the client_id'),
    'Mend the document where the faults point.',
  ],
  [
    "document.client-id: another client's document",
    fault('/client_id', 'client-id-mismatch', 'not the URL that the document was read from'),
    'Set client_id to the URL of the document.',
  ],
  [
    'document.credential: no passport',
    {},
    'Publish the document with its passport in vc+jwt, or named by a Link header.',
  ],
  [
    'document.credential: a passport that is no text',
    fault('/vc+jwt', 'credential-malformed', 'not one compact JWS in a string'),
    'Put one compact JWS into vc+jwt, as a string.',
  ],
  [
    'document.digest: redirect_uris swapped on the way',
    { expected: thumbprint },
    'Publish the document as it was issued; every change needs a new passport.',
  ],
  [
    'document.keys: a key slipped into the set',
    { strangers: [thumbprint] },
    'Publish the keys the passport names, or have a passport issued that names these.',
  ],
  [
    'document.keys: a key swapped',
    { strangers: [thumbprint] },
    'Publish the keys the passport names, or have a passport issued that names these.',
  ],
  [
    'document.keys: a private key in the set',
    fault('/keys/0', 'jwk-private', 'holds private key material'),
    'Publish public signing keys alone.',
  ],
  [
    'document.keys: keys out of reach',
    { url: 'https://id.acme.com/a/billing-bot/jwks.json', cause: 'failed', status: null },
    'Try again; the host did not answer properly.',
  ],
  [
    'issuer.did: E-12 no DID document',
    { did: 'did:web:id.acme.com', cause: 'status', status: 404 },
    'Publish the DID document over https with status 200.',
  ],
  [
    'issuer.did: a DID host in trouble',
    { did: 'did:web:id.acme.com', cause: 'status', status: 500 },
    'Try again; the host did not answer properly.',
  ],
  [
    'issuer.did: E-01 the document of another DID',
    {
      did: 'did:web:id.acme.com',
      ...fault('/id', 'did-document-id', 'the document of another DID'),
    },
    'Publish a valid DID document at its place.',
  ],
  [
    'issuer.key: a key that the issuer does not list',
    { kid: keyOfIssuer, ...fault('', 'key-not-found', 'the DID does not list this key') },
    'List the key under assertionMethod, or sign anew.',
  ],
  [
    'issuer.key: credentials:CID-03 a key that the issuer took back',
    { kid: keyOfIssuer, ...fault('/revoked', 'key-revoked', 'the key is past its end') },
    'List the key under assertionMethod, or sign anew.',
  ],
  [
    'issuer.key: E-03 a key for authentication only',
    { kid: keyOfIssuer, ...fault('', 'key-relationship', 'the key is not one for assertions') },
    'List the key under assertionMethod, or sign anew.',
  ],
  [
    'credential.envelope: D-15 text that is no JWS',
    fault('', 'jws-format', 'not three base64url parts'),
    'Issue the credential anew.',
  ],
  [
    'credential.envelope: D-01 no signature at all',
    fault('/header/alg', 'alg-not-allowed', 'signed with none of ES256, Ed25519 and EdDSA'),
    'Issue the credential anew.',
  ],
  [
    'credential.envelope: D-05 a key of its own in the header',
    fault('/header/jwk', 'jws-header', 'a header member that is not used here'),
    'Issue the credential anew.',
  ],
  [
    'credential.envelope: D-16 a token of another type',
    fault('/header/typ', 'typ-not-allowed', 'a token of another type'),
    'Issue the credential anew.',
  ],
  [
    "credential.envelope: D-18 another issuer's kid",
    fault('/kid', 'issuer-mismatch', 'the kid is not a key of the issuer'),
    'Issue the credential anew.',
  ],
  [
    'credential.envelope: credentials:VCDM-20 a member that goes unread',
    fault('/proof', 'credential-unknown-member', 'is not a known member'),
    'Issue the credential anew.',
  ],
  [
    'credential.envelope: credentials:VCDM-10 two subjects',
    fault('/credentialSubject', 'subject-type', 'not one subject'),
    'Issue the credential anew.',
  ],
  [
    'credential.envelope: credentials:JC-17 a status nobody can check',
    fault('/credentialStatus/0/type', 'status-unsupported', 'a kind of status not checked here'),
    'Issue the credential anew.',
  ],
  [
    'credential.signature: signed with another key',
    { alg: 'ES256' },
    'Issue the credential anew; this one was changed.',
  ],
  [
    'credential.signature: scopes added after signing',
    { alg: 'ES256' },
    'Issue the credential anew; this one was changed.',
  ],
  [
    'credential.signature: D-04 an algorithm that is not the key’s',
    { alg: 'Ed25519' },
    'Sign with the algorithm of the key.',
  ],
  [
    'credential.schema: a claim that is no claim of a passport',
    fault('/credentialSubject/trustScore', 'subject-unknown-member', 'is not a known member'),
    'Mend the claims and issue anew.',
  ],
  [
    'credential.schema: a facet in the place of the passport',
    { types: ['VerifiableCredential', 'AgentComplianceCredential'] },
    'Present the passport; a facet is not one.',
  ],
  [
    'credential.validity: D-22 a passport that ran out',
    { validUntil: '2026-11-26T12:00:00Z' },
    'Renew the credential and publish it.',
  ],
  [
    'credential.validity: D-22 a passport from next week',
    { validFrom: '2026-11-21T12:00:00Z' },
    'Wait, or set the clocks right.',
  ],
  [
    'credential.lifetime: D-24 a passport for a year',
    { days: 366, maxDays: 31 },
    'Issue passports that live no longer than the policy allows.',
  ],
  [
    "credential.subject: another agent's genuine passport",
    { subject: 'https://id.acme.com/a/other-bot/client.json' },
    'Issue a credential for this client_id.',
  ],
  [
    'status.entries: G-02 a passport that nobody could revoke',
    {},
    'Issue credentials that name a revocation list.',
  ],
  [
    'status.lists: G-03 a list out of reach',
    { list: 'https://id.acme.com/status/7r', rule: 'http-503' },
    'Have the issuer publish a fresh, signed list at this URL; then try again.',
  ],
  [
    'status.lists: G-03 a list that is gone',
    { list: 'https://id.acme.com/status/7s', rule: 'http-404' },
    'Have the issuer publish a fresh, signed list at this URL; then try again.',
  ],
  [
    'status.lists: G-04 a list that ran out',
    { list: 'https://id.acme.com/status/7r', rule: 'list-expired' },
    'Have the issuer publish a fresh, signed list at this URL; then try again.',
  ],
  [
    'status.lists: a list that grew old in caches',
    { list: 'https://id.acme.com/status/7r', rule: 'list-too-old' },
    'Have the issuer publish a fresh, signed list at this URL; then try again.',
  ],
  [
    'status.lists: G-06 a list by somebody else',
    { list: 'https://id.acme.com/status/7s', rule: 'key-not-found' },
    'Have the issuer publish a fresh, signed list at this URL; then try again.',
  ],
  [
    "status.lists: G-06 a list forged under the issuer's kid",
    { list: 'https://id.acme.com/status/7s', rule: 'signature-invalid' },
    'Have the issuer publish a fresh, signed list at this URL; then try again.',
  ],
  [
    'status.lists: G-07 the list of another URL',
    { list: 'https://id.acme.com/status/7r', rule: 'status-list-url' },
    'Have the issuer publish a fresh, signed list at this URL; then try again.',
  ],
  [
    'status.lists: a passport in the place of a list',
    { list: 'https://id.acme.com/status/7r', rule: 'status-list-type' },
    'Have the issuer publish a fresh, signed list at this URL; then try again.',
  ],
  [
    'status.lists: G-09 an index beyond the list',
    { list: 'https://id.acme.com/status/7r', rule: 'list-index', index: 131072 },
    'Issue the credential anew with a status entry that fits its list.',
  ],
  [
    'status.lists: G-08 a list for another purpose',
    { list: 'https://id.acme.com/status/7s', rule: 'list-purpose', purpose: 'revocation' },
    'Issue the credential anew with a status entry that fits its list.',
  ],
  [
    'status.revocation: G-01 a revoked passport',
    { list: 'https://id.acme.com/status/7r', index: 48211 },
    'Ask the issuer why; a revoked credential stays revoked, only a new one helps.',
  ],
  [
    'status.suspension: G-01 a suspended passport',
    { list: 'https://id.acme.com/status/7s', index: 48211 },
    'Ask the issuer why; a suspension ends when the issuer resumes the agent.',
  ],
  [
    'status.suspension: G-20 suspended, and the other list away',
    { list: 'https://id.acme.com/status/7s', index: 48211 },
    'Ask the issuer why; a suspension ends when the issuer resumes the agent.',
  ],
];

const nameOf = ({ check, name }: (typeof tamperings)[number]) => `${check}: ${name}`;

describe('the check that decides says what it found, and what would mend it', () => {
  it('in every tampering', () => {
    expect(findings.map(([name]) => name)).toEqual(tamperings.map(nameOf));
  });

  it.each(findings)('%s', async (name, evidence, fix) => {
    const tampering = tamperings.find((one) => nameOf(one) === name);
    const world = await createPaperWorld();
    await tampering?.tamper?.(world);
    const verifier = createVerifier(world.options(tampering?.policy?.(world.policy)));
    const { report } = await verifier.verifyClient(tampering?.clientId ?? world.clientId);
    expect(report.reason).toBe(tampering?.reason);
    const denying = report.checks.filter(
      ({ outcome }) => !['pass', 'warn', 'skipped'].includes(outcome),
    );
    expect(denying.map((line) => [line.evidence, line.fix])).toEqual([[evidence, fix]]);
  });
});
