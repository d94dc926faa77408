import { held, type Requirement } from './requirement.ts';

/** Whom a verifier trusts, and what ties a credential to the client that presents it. */
export const requirements: readonly Requirement[] = [
  held('F-01', 'An issuer that no entry names is refused, and is asked for nothing'),
  held('F-02', 'Issuers are compared exactly: neither by beginning, nor by end, nor by host'),
  held('F-03', 'A credential is about the very client_id that was asked about'),
  held('F-04', 'The genuine credential of one agent is worth nothing in the document of another'),
  held('F-05', 'A credential has one subject, whose id is one text (VCDM 2.0 §4.8)'),
  held('F-06', 'A document names the URL that it was read from (CIMD draft-02 §4.1)'),
  held('F-07', 'Keys are on the origin of the client_id, and are read through the guard'),
  held(
    'F-08',
    'Keys are given in one place, are public, and have names of their own (RFC 7517 §4.5)',
  ),
  held('F-09', 'A public document has neither a secret nor a use for one (CIMD draft-02 §4.1)'),
  held(
    'F-10',
    'Redirects run nothing, are matched whole, and are those that the issuer vouched for',
  ),
  held('F-11', 'A type of credential that the policy requires is held, or the client is refused'),
  held('F-12', 'Scopes are permitted by exact comparison, and those that are not are named'),
  held('F-13', 'A client proves to hold a key that its papers name (RFC 7523 §3)'),
  held('F-14', 'Papers describe a client, and do not authenticate whoever presents them'),
  held('F-15', 'What changes between two uses of a client is judged anew (CIMD draft-02 §8.4)'),
  held('F-16', 'What a credential points to is never fetched; permissions pass on over three hops'),
  held('F-17', 'A policy with faults leaves the one before it in force, and says so'),
  held('F-18', 'An issuer may be distrusted from an instant on, for all that it issued later'),
];
