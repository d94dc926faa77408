import { deferred, held, type Requirement } from './requirement.ts';

const consent = 'the page that asks people for consent is the authorization server’s own';

/** The document itself: CIMD draft-02 §3 to §5, as far as a reader can hold its author to it. */
const documents: readonly Requirement[] = [
  held('oauth:CID-01', 'A client_id is an https URL (CIMD draft-02 §3)'),
  held('oauth:CID-02', 'It has a path, and more of one than "/" (§3)'),
  held('oauth:CID-03', 'It has no dot segments, in no disguise (§3)'),
  held('oauth:CID-04', 'It has no fragment, not even an empty one (§3)'),
  held('oauth:CID-05', 'It has no user information, not even an empty one (§3)'),
  held('oauth:CID-06', 'It has no query, which the draft merely discourages (§3)'),
  held('oauth:CID-08', 'Identifiers are compared as strings: nothing is repaired (§3)'),
  held('oauth:CID-13', 'Its host is a DNS name in lower case, its escapes are whole'),
  held('oauth:CID-20', 'The document is a JSON object (§4)'),
  held('oauth:CID-21', 'It has a client_id (§4)'),
  held('oauth:CID-22', 'That is the URL it was read from, and the one in the request (§4)'),
  held('oauth:CID-23', 'Members that nobody knows are left alone (§4)'),
  held('oauth:CID-24', 'It names no authentication by a shared secret (§4.1)'),
  held('oauth:CID-25', 'It has no client_secret and no end of one, whatever their values (§4.1)'),
  held('oauth:CID-26', 'It holds no private key, nor does the key set that it names (§4.1)'),
  held('oauth:CID-28', 'An absent authentication method is read as none, never as a secret'),
  held('oauth:CID-30', 'It is served with status 200 (§4)'),
  held('oauth:CID-31', 'It is served as application/json, or as a type of the +json family (§4)'),
  held('oauth:CID-32', 'It is not served by way of a redirect (§5)'),
  held('oauth:CID-34', 'Every status but 200 is an error (§5)'),
  held('oauth:CID-35', 'No redirect is followed (§5)'),
  held('oauth:CID-36', 'It is read when it is used, and again from time to time (§5)'),
  held('oauth:CID-37', 'What cannot be read lets nobody in (§5.1)'),
  held('oauth:CID-38', 'A copy is used for as long as its headers say, within bounds (§5.2)'),
  held('oauth:CID-39', 'Neither errors nor invalid documents are kept (§5.2)'),
  held('oauth:CID-40', 'No more than 5 KB are read (§8.7)'),
];

/** What an authorization server does with it: CIMD draft-02 §4.2, §6 to §8. */
const uses: readonly Requirement[] = [
  held('oauth:CID-50', 'Redirects go to URIs of the document, matched exactly (§4.2)'),
  held('oauth:CID-52', 'The host of the client_id is there to be shown (§8.5)'),
  deferred('oauth:CID-53', 'Logos are fetched ahead and not linked to (§8.8)', consent),
  held('oauth:CID-54', 'URIs that people follow have a scheme that runs nothing (§8.6)'),
  held('oauth:CID-55', 'Clients may be limited to known places (§7.1, §8.9)'),
  held('oauth:CID-57', 'Another key is a matter of security (§8.4.1)'),
  held('oauth:CID-61', 'private_key_jwt in the document means that a proof is required (§8.2)'),
  held('oauth:CID-62', 'Keys are given by value or by reference, not both (RFC 7591 §2)'),
  held('oauth:CID-64', 'A key set of more than 12 KB is not read'),
  held('oauth:CID-70', 'No URL is read that leads to a special-use address (§8.6)'),
  held('oauth:CID-71', 'Loopback is for development, and only where that was allowed (§8.6)'),
  held('oauth:CID-80', 'The server says in its metadata that it takes such documents (§6)'),
];

/** The credential in the document: draft-vc-client-id-metadata-00, its gaps closed. */
const credentials: readonly Requirement[] = [
  held('oauth:VCM-02', 'The subject of the credential is the client_id'),
  held('oauth:VCM-03', 'Validity and status are checked, and what is not known denies'),
  deferred(
    'oauth:VCM-04',
    'Along a chain of delegation permissions only shrink',
    'a verdict is about one agent; chains come with the grants that pass permissions on',
  ),
  held('oauth:VCM-05', 'The passport says what kind of agent it is for, and whose it is'),
  held('oauth:VCM-20', 'Credentials are of VCDM 2.0: its context, validFrom and validUntil'),
  held('oauth:VCM-21', 'A proof inside of what is signed as a whole is refused'),
  held('oauth:VCM-22', 'The header has a typ of its own, and neither keys nor places of keys'),
  held('oauth:VCM-23', 'The key is one of the issuer’s own DID'),
  held('oauth:VCM-24', 'A DID is a well-formed did:web identifier'),
  held('oauth:VCM-25', 'Client metadata has no place beside the subject'),
  held('oauth:VCM-26', 'A credential has an end, and a place where its status is found'),
  held('oauth:VCM-27', 'vc+jwt is one compact JWS in a string'),
  held('oauth:VCM-30', 'The credential binds the document around it, and the keys'),
  held('oauth:VCM-31', 'The credential vouches for keys, an assertion proves to hold one'),
  held('oauth:VCM-32', 'A client that is refused is answered invalid_client'),
];

/** The checklist for whoever consumes vc+jwt; it has no ids of its own, so that it is numbered. */
const checklist: readonly Requirement[] = [
  held('oauth:CHK-01', 'The credential is read from the document, as CIMD has it read'),
  held('oauth:CHK-02', 'It is a string of bounded length in three parts'),
  held('oauth:CHK-03', 'Its header has what belongs there, and nothing else'),
  held('oauth:CHK-04', 'Its issuer is on a list, for clients below given prefixes'),
  held('oauth:CHK-05', 'The issuer’s document names the issuer, and the key for assertions'),
  held('oauth:CHK-06', 'The signature holds'),
  held('oauth:CHK-07', 'Now lies within its validity, which is not too long'),
  held('oauth:CHK-08', 'Its subject is the client_id'),
  held('oauth:CHK-09', 'It binds document and keys, and may not leave that out'),
  held('oauth:CHK-10', 'Its status is read from a signed list, and fails closed'),
  held('oauth:CHK-11', 'Its claims have the shape of their schema'),
  held('oauth:CHK-12', 'What is granted is both asked for and permitted'),
  held('oauth:CHK-13', 'The report has what a log needs'),
  held('oauth:CHK-14', 'The issuer’s key never authenticates a client'),
];

/** Other ways in: software statements, dynamic registration, and what MCP asks of a server. */
const neighbours: readonly Requirement[] = [
  held('oauth:SWS-06', 'Software statements are of configured issuers, in their scope'),
  held('oauth:SWS-07', 'What is parsed is what was fetched, whole, and names no member twice'),
  held(
    'oauth:SWS-08',
    'Registration takes its metadata from the document; a request can only want less',
  ),
  held('oauth:KAS-01', 'A registration statement is verified before anything is taken'),
  held('oauth:KAS-04', 'A credential that registers a client is valid and not revoked'),
  held('oauth:KAS-05', 'Issuers of such credentials are configured, and kept current'),
  held('oauth:MCP-05', 'client_id, redirect URI and structure are validated, copies are dated'),
  deferred('oauth:MCP-06', 'People are warned of clients that redirect to localhost', consent),
];

/** The reading of client metadata documents, and of the credentials in them. */
export const requirements: readonly Requirement[] = [
  ...documents,
  ...uses,
  ...credentials,
  ...checklist,
  ...neighbours,
];
