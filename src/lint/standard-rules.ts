import { maxDocumentBytes, publishDocumentBytes } from '../protocol/limits.ts';
import { type Basis, type Finding, listPlaces, type Severity } from './finding.ts';

/** The date of each document that the rules are taken from; the verifier is ours, and tested here. */
const sources = {
  'CIMD-02': ['standard', '2026-07-06'],
  'VC-CIMD-00': ['standard', '2025-12-15'],
  'RFC 6749': ['standard', '2012-10'],
  'RFC 7515': ['standard', '2015-05'],
  'RFC 7517': ['standard', '2015-05'],
  'RFC 7591': ['standard', '2015-07'],
  'RFC 8259': ['standard', '2017-12'],
  'RFC 9111': ['standard', '2022-06'],
  'Sealwright verifier': ['measured', '2026-11-20'],
} as const satisfies Readonly<Record<string, readonly [basis: Basis, asOf: string]>>;

type Source = readonly [name: keyof typeof sources, section: string];

/** What one rule of the standards says, wherever it is broken. */
interface StandardRule {
  readonly severity: Severity;
  readonly source: Source;
  readonly message: string;
  readonly fix: string;
}

const ourVerifier: Source = ['Sealwright verifier', ''];

function rule(severity: Severity, source: Source, message: string, fix: string): StandardRule {
  return { severity, source, message, fix };
}

/** The rules of the standards by the ids of their findings. */
export const standardRules = {
  'cimd.url.scheme': rule(
    'error',
    ['CIMD-02', '§3'],
    'The client_id is not an https URL in its plain spelling.',
    'Publish the document under an https URL, and use that as client_id.',
  ),
  'cimd.url.fragment': rule(
    'error',
    ['CIMD-02', '§3'],
    'The client_id has a fragment.',
    'Leave out the # and what follows.',
  ),
  'cimd.url.userinfo': rule(
    'error',
    ['CIMD-02', '§3'],
    'The client_id has a user name or password.',
    'Leave out the @ and what is before it.',
  ),
  'cimd.url.path': rule(
    'error',
    ['CIMD-02', '§3'],
    'The client_id has no path, or one that a URL parser changes, as with dot segments.',
    'Give it a path such as /agents/bot/client.json.',
  ),
  'cimd.url.root-path': rule(
    'warning',
    ['CIMD-02', '§3'],
    'The path of the client_id is "/" alone, which is not recommended and which servers refuse.',
    'Give it a path such as /agents/bot/client.json.',
  ),
  'cimd.url.query': rule(
    'warning',
    ['CIMD-02', '§3'],
    'The client_id has a query, which is discouraged and which servers refuse.',
    'Put what the query says into the path.',
  ),
  'cimd.url.unusual-path': rule(
    'warning',
    ourVerifier,
    'The path of the client_id has an empty segment, or an escape that hides a character.',
    'Use letters, digits, hyphens and single slashes.',
  ),
  'cimd.url.host': rule(
    'warning',
    ourVerifier,
    'The host of the client_id is not a lower-case DNS name.',
    'Use a DNS name in lower case, and no IP address.',
  ),
  'cimd.url.port': rule(
    'warning',
    ourVerifier,
    'The port of the client_id is the default one spelled out, or is no port.',
    'Leave out the default port: identifiers are compared as text.',
  ),
  'cimd.url.length': rule(
    'warning',
    ourVerifier,
    'The client_id is longer than 2,048 characters.',
    'Use a short URL; some servers take 120 bytes at most.',
  ),
  'cimd.response.status': rule(
    'error',
    ['CIMD-02', '§4'],
    'The URL does not answer with status 200.',
    'Serve the document with status 200 to everybody, without a login or a bot check before it.',
  ),
  'cimd.response.redirect': rule(
    'error',
    ['CIMD-02', '§5'],
    'The URL answers with a redirect, which servers do not follow.',
    'Serve the document at the very URL, or use the URL it leads to as client_id.',
  ),
  'cimd.response.content-type': rule(
    'error',
    ['CIMD-02', '§4'],
    'The document is not served as JSON.',
    'Serve it with Content-Type: application/json.',
  ),
  'cimd.response.no-store': rule(
    'notice',
    ['CIMD-02', '§5.2'],
    'The answer forbids caching, so that servers fetch it anew for every use.',
    'Send Cache-Control: public, max-age=300.',
  ),
  'cimd.response.no-lifetime': rule(
    'notice',
    ['RFC 9111', '§4.2.2'],
    'The answer does not say how long it may be cached, so that every server chooses for itself.',
    'Send Cache-Control: public, max-age=300.',
  ),
  'cimd.response.vary': rule(
    'notice',
    ['RFC 9111', '§4.1'],
    'The answer varies by request, so that servers may see different documents.',
    'Serve the same octets to everybody, without Vary.',
  ),
  'cimd.response.cookie': rule(
    'notice',
    ['RFC 9111', '§7.3'],
    'The answer sets a cookie, which a public document has no use for.',
    'Serve the document without Set-Cookie.',
  ),
  'cimd.json.encoding': rule(
    'error',
    ['RFC 8259', '§8.1'],
    'The document is not UTF-8.',
    'Save it as UTF-8.',
  ),
  'cimd.json.byte-order-mark': rule(
    'error',
    ['RFC 8259', '§8.1'],
    'The document starts with a byte order mark.',
    'Save it as UTF-8 without a byte order mark.',
  ),
  'cimd.json.syntax': rule(
    'error',
    ['RFC 8259', '§2'],
    'The document is not JSON.',
    'Write it with a JSON library instead of by hand.',
  ),
  'cimd.json.html': rule(
    'error',
    ['CIMD-02', '§4'],
    'The document is HTML or XML, not JSON.',
    'Serve the JSON document there, and not the page of an application or a bot check.',
  ),
  'cimd.json.not-object': rule(
    'error',
    ['CIMD-02', '§4'],
    'The document is JSON, but no object.',
    'Make the client metadata one JSON object.',
  ),
  'cimd.json.duplicate-member': rule(
    'error',
    ['RFC 8259', '§4'],
    'An object names the same member twice, of which some readers take the first and some the last.',
    'Name every member once.',
  ),
  'cimd.json.depth': rule(
    'error',
    ['RFC 8259', '§9'],
    'The document is nested deeper than 32 levels, which not every reader takes.',
    'Flatten it: client metadata needs three levels.',
  ),
  'cimd.json.number': rule(
    'error',
    ['RFC 8259', '§6'],
    'A number that not every reader takes for the same value.',
    'Use whole numbers within ±(2^53-1), without an exponent.',
  ),
  'cimd.json.surrogate': rule(
    'error',
    ['RFC 8259', '§8.2'],
    'A text with half of a surrogate pair, which readers take for different texts.',
    'Write the whole character.',
  ),
  'cimd.json.member-name': rule(
    'error',
    ourVerifier,
    'A member name that reaches for object prototypes.',
    'Leave the member out.',
  ),
  'cimd.document.size': rule(
    'error',
    ['CIMD-02', '§8.7'],
    `The document is larger than the ${maxDocumentBytes} octets that servers are told to read.`,
    'Shorten the largest members; the byte budget lists them.',
  ),
  'cimd.document.near-limit': rule(
    'notice',
    ['CIMD-02', '§8.7'],
    `The document is larger than ${publishDocumentBytes} octets, so close to the limit that a rotation of keys may pass it.`,
    'Shorten the largest members; the byte budget lists them.',
  ),
  'cimd.client-id.missing': rule(
    'error',
    ['CIMD-02', '§4.1'],
    'The document has no client_id, or one that is not a text.',
    'Set client_id to the URL of the document.',
  ),
  'cimd.client-id.mismatch': rule(
    'error',
    ['CIMD-02', '§4.1'],
    'The client_id is not, character for character, the URL of the document.',
    'Set client_id to the URL of the document.',
  ),
  'cimd.secrets.client-secret': rule(
    'error',
    ['CIMD-02', '§4.1'],
    'The document has a client secret, or the end of its life: even null is forbidden.',
    'Remove the member.',
  ),
  'cimd.secrets.auth-method': rule(
    'error',
    ['CIMD-02', '§4.1'],
    'The client authenticates with a shared secret, which a public document cannot have.',
    'Use "private_key_jwt", or "none".',
  ),
  'cimd.secrets.private-key': rule(
    'error',
    ['CIMD-02', '§4.1'],
    'The document holds private or symmetric key material.',
    'Remove it, and treat that key as public from now on: replace it.',
  ),
  'cimd.metadata.type': rule(
    'error',
    ['RFC 7591', '§2'],
    'A member has another type than client metadata gives it.',
    'Write names, methods and URIs as texts; redirect_uris, grant_types and response_types as arrays of texts.',
  ),
  'cimd.metadata.auth-method-absent': rule(
    'warning',
    ['RFC 7591', '§2'],
    'Without token_endpoint_auth_method some servers assume a shared secret and refuse the document.',
    'Say "private_key_jwt", or "none".',
  ),
  'cimd.metadata.page-uri': rule(
    'error',
    ['CIMD-02', '§8.6'],
    'A URI that a consent screen shows or loads is not an https URL.',
    'Use an https URL, or leave the member out.',
  ),
  'cimd.keys.both': rule(
    'error',
    ['RFC 7591', '§2'],
    'The document has both jwks and jwks_uri.',
    'Keep jwks_uri, and remove jwks.',
  ),
  'cimd.keys.absent': rule(
    'error',
    ['CIMD-02', '§8.2'],
    'The client authenticates with a key, but the document names none.',
    'Add a jwks_uri.',
  ),
  'cimd.keys.uri': rule(
    'error',
    ['CIMD-02', '§8.6'],
    'The jwks_uri is not an https URL without user and fragment.',
    'Publish the key set under an https URL.',
  ),
  'cimd.keys.origin': rule(
    'warning',
    ourVerifier,
    'The jwks_uri is on another origin than the client_id, so that two parties control the client.',
    'Publish the key set on the origin of the document.',
  ),
  'cimd.keys.shape': rule(
    'error',
    ['RFC 7517', '§5'],
    'The jwks is not a JWK Set.',
    'Make it an object whose "keys" is an array of public keys.',
  ),
  'cimd.keys.kid': rule(
    'error',
    ['RFC 7517', '§4.5'],
    'A key has no usable name, or the name of an earlier one.',
    'Give every key of the set a kid of its own.',
  ),
  'cimd.keys.malformed': rule(
    'error',
    ['RFC 7517', '§4'],
    'A key of the set is not a key: its parts are missing or fit no point of its curve.',
    'Export the public key anew.',
  ),
  'cimd.keys.use': rule(
    'error',
    ['RFC 7517', '§4.2'],
    'A key of the set says that it is for something else than verifying signatures.',
    'Set use to "sig" and alg to the algorithm of the key.',
  ),
  'cimd.keys.unsupported': rule(
    'warning',
    ourVerifier,
    'A key is neither P-256 nor Ed25519, so that some servers cannot use it.',
    'Use a P-256 key with ES256.',
  ),
  'cimd.redirect-uris.absent': rule(
    'error',
    ['RFC 7591', '§2'],
    'The client uses the authorization code grant, but the document has no redirect URI.',
    'Add a redirect URI, or name grant_types that need none.',
  ),
  'cimd.redirect-uris.form': rule(
    'error',
    ['RFC 6749', '§3.1.2'],
    'A redirect URI is not absolute, has a fragment or a wildcard, or a scheme that runs in the browser.',
    'Write every redirect URI in full: they are compared as text.',
  ),
  'cimd.vc-jwt.type': rule(
    'error',
    ['VC-CIMD-00', '§6'],
    'The vc+jwt is not a text.',
    'Put one compact JWS into vc+jwt, as a text.',
  ),
  'cimd.vc-jwt.format': rule(
    'error',
    ['RFC 7515', '§7.1'],
    'The vc+jwt is not a compact JWS that can be read.',
    'Put one compact JWS into vc+jwt: three base64url parts, of which two hold JSON objects.',
  ),
  'cimd.vc-jwt.header': rule(
    'warning',
    ourVerifier,
    'The vc+jwt has a header that verifiers may refuse: another algorithm, type or member.',
    'Sign with ES256 or Ed25519, and say alg, kid, typ "vc+jwt" and perhaps cty.',
  ),
  'cimd.vc-jwt.subject': rule(
    'error',
    ['VC-CIMD-00', '§6'],
    'The credential in vc+jwt is about another client, or names none.',
    'Embed the credential whose credentialSubject.id is this client_id.',
  ),
} satisfies Readonly<Record<string, StandardRule>>;

/** The id of a rule of the standards. */
export type StandardId = keyof typeof standardRules;

/** The finding that a rule of the standards is broken at these places. */
export function findingOf(id: StandardId, places: readonly string[]): Finding {
  const { severity, source, message, fix } = standardRules[id];
  const [name, section] = source;
  const [basis, asOf] = sources[name];
  const where = `${name} ${section}`.trim();
  return { id, severity, ...listPlaces(places), message, fix, source: where, basis, asOf };
}
