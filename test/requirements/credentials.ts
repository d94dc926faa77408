import { deferred, held, type Requirement } from './requirement.ts';

const dataModel: readonly Requirement[] = [
  held('credentials:VCDM-01', 'The contexts are a list, the base context first (VCDM-2.0 §4.3)'),
  held(
    'credentials:VCDM-02',
    'The base context counts as known and is never fetched (VCDM-2.0 Appendix B)',
  ),
  held(
    'credentials:VCDM-03',
    'A context that is not known refuses the credential; none is loaded (VCDM-2.0 §4.3)',
  ),
  held(
    'credentials:VCDM-04',
    'An id is one URL: of the credential, its subject, its issuer, its schema, its status entries (VCDM-2.0 §4.4)',
  ),
  held(
    'credentials:VCDM-05',
    'The types name a verifiable credential, and one that no policy names is not trusted (VCDM-2.0 §4.5)',
  ),
  held(
    'credentials:VCDM-06',
    'Status and schema have a type; properties that would go unread are refused (VCDM-2.0 §4.5)',
  ),
  held(
    'credentials:VCDM-07',
    'Names and descriptions of credential and issuer are refused, well formed or not (VCDM-2.0 §4.6)',
  ),
  held('credentials:VCDM-08', 'The issuer is one did:web identifier, as a text (VCDM-2.0 §4.7)'),
  held('credentials:VCDM-10', 'The subject is one object with claims (VCDM-2.0 §4.8)'),
  held(
    'credentials:VCDM-11',
    'Validity is told in dateTimeStamps that do not end before they begin (VCDM-2.0 §4.9)',
  ),
  held(
    'credentials:VCDM-12',
    'A credential is refused before and after its validity (VCDM-2.0 §4.9)',
  ),
  held('credentials:VCDM-13', 'The status is one or more objects with a type (VCDM-2.0 §4.10)'),
  held(
    'credentials:VCDM-14',
    'A schema has an id and a type; this profile has one at most (VCDM-2.0 §4.11)',
  ),
  held(
    'credentials:VCDM-16',
    'Presentations are not read: neither their type nor their members pass (VCDM-2.0 §4.13)',
  ),
  held(
    'credentials:VCDM-17',
    'A credential in an envelope of data URLs is not read (VCDM-2.0 §4.13.1)',
  ),
  held(
    'credentials:VCDM-18',
    'A context that says anew what a term means refuses the credential (VCDM-2.0 §5.2)',
  ),
  held(
    'credentials:VCDM-20',
    'The profile is closed: what it does not know is refused, not dropped',
  ),
  held(
    'credentials:VCDM-21',
    'Related resources are objects with distinct ids and a digest each (VCDM-2.0 §5.3)',
  ),
  held(
    'credentials:VCDM-22',
    'No related resource is used, and so none is fetched (VCDM-2.0 §5.3)',
  ),
  held(
    'credentials:VCDM-23',
    'The media type is that of a credential, the form compacted JSON-LD (VCDM-2.0 §6.1)',
  ),
  deferred(
    'credentials:VCDM-24',
    'A verification result carries status, document, media type, controller and warnings (VCDM-2.0 §7.1)',
    'The report has the shape that its own contract fixes; the result of the data model belongs to a verification endpoint of that standard, which is not offered',
  ),
  held(
    'credentials:VCDM-25',
    'A failed proof and a malformed document are told apart, and neither gives claims (VCDM-2.0 §7.1)',
  ),
  deferred(
    'credentials:VCDM-26',
    'Errors are problem details with the types of the data model (VCDM-2.0 §7.2)',
    'The verifier gives a reason, a rule and a pointer as values; problem details belong to the service, which has types of its own',
  ),
];

const securing: readonly Requirement[] = [
  held('credentials:JC-04', 'The claims vc and vp never appear (VC-JOSE-COSE §3.1)'),
  held('credentials:JC-05', 'An unsecured token is no credential (VC-JOSE-COSE §3)'),
  held(
    'credentials:JC-06',
    'The compact serialization is read, and no JSON serialization (VC-JOSE-COSE §3.1.3)',
  ),
  held('credentials:JC-09', 'iss is the issuer (VC-JOSE-COSE §4.1.2)'),
  held('credentials:JC-11', 'The time of the signature and the time of the data both count'),
  held('credentials:JC-12', 'Times of the token are numbers (RFC 7519 §2)'),
  held(
    'credentials:JC-13',
    'Unknown header members refuse the token, where the standard would have them ignored (VC-JOSE-COSE §3.1.3)',
  ),
  held(
    'credentials:JC-14',
    'A verification method is a JsonWebKey with its key in publicKeyJwk alone (VC-JOSE-COSE §4.3)',
  ),
  held('credentials:JC-14b', 'A second entry of an older type, for older readers, does no harm'),
  held(
    'credentials:JC-15',
    'An issuer that is an https URL is refused: only did:web identifiers are resolved',
  ),
  held(
    'credentials:JC-16',
    'A schema of an unknown type is ignored, as is none at all (VC-JOSE-COSE §5)',
  ),
  held('credentials:JC-17', 'A status of an unknown type refuses the credential'),
  held(
    'credentials:ALG-03',
    'EdDSA is read under an Ed25519 key alone, beside Ed25519 itself (RFC 9864 §3.1.2)',
  ),
  held(
    'credentials:ALG-04',
    'Curve, alg, use and key_ops of a key are binding (RFC 8725 §3.1, RFC 7517 §4)',
  ),
  held('credentials:ALG-06', 'Keys that a header brings or points to are refused (RFC 8725 §3.10)'),
  held(
    'credentials:SD-01',
    'Disclosures are not read: a token that carries any is refused (RFC 9901 §7.1)',
  ),
  held(
    'credentials:SD-02',
    'Key binding is not read: a token that carries one is refused (RFC 9901 §7.3)',
  ),
  held(
    'credentials:SV-05',
    'A dc+sd-jwt is refused, so that no issuer metadata is ever looked for',
  ),
  held(
    'credentials:SV-07',
    'What is fetched is fetched within bounds, past no redirect, and from no internal address (RFC 6890)',
  ),
  held(
    'credentials:SV-09',
    'A credential that names a vct is refused: no authority follows from a type',
  ),
];

const resolution: readonly Requirement[] = [
  held('credentials:DW-02', 'A DID is looked for where did:web says, over https (did:web §2.5.2)'),
  held(
    'credentials:DW-03',
    'A DID document names exactly the DID that was asked for (did:web §2.5.2)',
  ),
  held(
    'credentials:DW-07',
    'A resolver has a grammar, an address filter, a size, a time and a content type',
  ),
  held(
    'credentials:CID-03',
    'From expires and revoked on, nothing verifies under a method (CID-1.0 §2.2)',
  ),
  held(
    'credentials:CID-04',
    'A method is found by its absolute id, its controller and its relationship (CID-1.0 §3.3)',
  ),
];

const judging: readonly Requirement[] = [
  held(
    'credentials:JS-01',
    "The claims of an operator's own type hold, do not hold, or cannot be judged: by the validator that was passed; no schema is evaluated here",
  ),
  held(
    'credentials:JS-04',
    'A schema is never fetched, and so none is evaluated that nobody vouched for',
  ),
  held('credentials:VA-03', 'Status and validity deny; they are no warnings'),
  deferred(
    'credentials:OI-03',
    'A server that reads passports from client metadata needs no wallet protocol',
    'An observation, which asks nothing of the verifier: it has no presentation protocol at all',
  ),
];

/** What the standards of credentials and identifiers ask of whoever verifies one. */
export const requirements: readonly Requirement[] = [
  ...dataModel,
  ...securing,
  ...resolution,
  ...judging,
];
