import { held, type Requirement } from './requirement.ts';

/** What a signed token must be before anything in it counts. */
export const requirements: readonly Requirement[] = [
  held(
    'D-01',
    'A token that is signed by nobody is refused, however "none" is spelt (RFC 8725 §3.2)',
  ),
  held('D-02', 'A public key is never the secret of a MAC (RFC 8725 §2.1)'),
  held(
    'D-03',
    'Only ES256, Ed25519 and the older EdDSA are read, compared exactly (RFC 8725 §3.1)',
  ),
  held('D-04', 'The key decides which algorithm is its own, not the token (RFC 8725 §3.1)'),
  held('D-05', 'A key in the header of a token verifies nothing (RFC 8725 §3.10)'),
  held('D-06', 'A URL in the header of a token is never fetched (RFC 8725 §3.10)'),
  held('D-07', 'Certificates in the header of a token are refused with it (RFC 8725 §3.10)'),
  held(
    'D-08',
    'A token with critical extensions is refused, well formed or not (RFC 7515 §4.1.11)',
  ),
  held('D-09', 'A payload is always encoded: b64 is refused, with crit and without (RFC 7797 §3)'),
  held('D-10', 'A compressed payload is refused before it is inflated (RFC 8725 §2.4)'),
  held('D-11', 'Signature values out of their range verify nothing (FIPS 186-5 §6.4.2)'),
  held('D-12', 'The mirrored form of an ECDSA signature changes no decision, revocation included'),
  held('D-13', 'A signature is 64 octets, R and S side by side, and nothing else (RFC 7518 §3.4)'),
  held('D-14', 'A token has exactly one spelling (RFC 7515 §2, RFC 4648 §3.5)'),
  held('D-15', 'Only the compact serialization is read (RFC 7515 §7.1)'),
  held('D-16', 'A credential says in typ that it is one, in any case of letters (RFC 8725 §3.11)'),
  held(
    'D-17',
    'A status list never passes for a credential, nor the other way round (RFC 8725 §3.12)',
  ),
  held(
    'D-18',
    'A kid is the absolute DID URL of one key of the issuer, and nothing that is looked up elsewhere',
  ),
  held('D-19', 'A member named twice refuses the token, in header and payload (RFC 8259 §4)'),
  held('D-20', 'A payload is one JSON object in UTF-8 without a byte order mark (RFC 8259 §8.1)'),
  held('D-21', 'Times that are absent or no whole seconds never mean "for ever" (RFC 7519 §2)'),
  held('D-22', 'Clocks may differ by 60 seconds at either end, and by no more (RFC 7519 §4.1.4)'),
  held('D-23', 'A credential holds where its two validities overlap (VCDM-2.0 §4.9)'),
  held('D-24', 'A passport lives no longer than the policy allows'),
  held('D-25', 'A token of more than 16,384 characters is refused before it is decoded'),
  held(
    'D-26',
    'The claims of the token do not contradict those of the credential (VC-JOSE-COSE §3.1.3)',
  ),
  held('D-27', 'A token with disclosures is refused (RFC 9901 §4)'),
  held(
    'D-28',
    'The public test vectors find no false acceptance, and no refusal that is not listed',
  ),
  held(
    'D-29',
    'One changed octet in anything that is read is never accepted with another meaning, and nothing throws',
  ),
  held('D-30', 'Claims are the JSON of the signed octets and nothing else, by the DID that signed'),
];
