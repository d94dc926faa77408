import { held, type Requirement } from './requirement.ts';

/** How an issuer's DID becomes the key that its signature is verified with. */
export const requirements: readonly Requirement[] = [
  held(
    'E-01',
    'A document that names another DID is refused, shown to nobody and not kept (did:web §2.5.2)',
  ),
  held('E-02', 'A key that another identity controls verifies nothing (CID-1.0 §3.3)'),
  held(
    'E-03',
    'Only a key for assertions verifies a credential, listed or embedded (CID-1.0 §2.3)',
  ),
  held('E-04', 'A document without assertion methods verifies nothing'),
  held('E-05', 'A name that is given to two keys is the name of none'),
  held(
    'E-06',
    'A relative name is completed with the DID of its document, and with no other (DID-1.0 §3.2.2)',
  ),
  held(
    'E-07',
    'A key under the name of another DID is not one of this DID, wherever it is embedded',
  ),
  held(
    'E-08',
    'A key is public, on its curve, of full length and for signatures (RFC 7517 §4, RFC 7518 §6)',
  ),
  held(
    'E-09',
    'A did:web identifier has one spelling; any other is refused before anything is fetched (did:web §2.3)',
  ),
  held('E-10', 'A DID document is read through the guard, with its bounds and without redirects'),
  held('E-11', 'A DID document has at most 64 kB, 64 methods and 32 levels'),
  held('E-12', 'A document that was taken down verifies nothing once the copy has had its time'),
  held('E-13', 'No DID method but did:web is resolved'),
  held('E-14', 'An issuer is trusted by its DID, never by the host of its client'),
  held(
    'E-15',
    'A copy lives ten minutes at most; a missing key causes one refresh in 30 seconds, which shakes nothing when it fails',
  ),
];
