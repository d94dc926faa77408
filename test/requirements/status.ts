import { held, type Requirement } from './requirement.ts';

/** Status lists as a verifier reads, ages and remembers them. */
export const requirements: readonly Requirement[] = [
  held(
    'G-01',
    'A set bit is a no for its purpose, and a suspension that ends shows within one ttl (BSL §2.2)',
  ),
  held('G-02', 'A credential that nobody could revoke is refused'),
  held(
    'G-03',
    'A list that cannot be had leaves the verdict undetermined, unless the copy at hand is young enough',
  ),
  held(
    'G-04',
    'A list past its own end says nothing, whatever became of its server (BSL §2.2, TSL §8.3)',
  ),
  held(
    'G-05',
    'A revocation shows within the ttl to who asks steadily, and within 60 seconds through caches',
  ),
  held(
    'G-06',
    'A list speaks only when it is signed by the issuer of the credential, however trusted another is',
  ),
  held('G-07', 'A list names the URL that the credential points to (BSL §2.2, TSL §8.3)'),
  held('G-08', 'The purpose of an entry is one of the purposes of its list (BSL §3.2)'),
  held(
    'G-09',
    'An index is one whole number, in one spelling, below the length of its list (BSL §3.2, TSL §8.3)',
  ),
  held('G-10', 'A bitstring has at least 131,072 entries (BSL §3.2)'),
  held('G-11', 'What a list inflates to is cut at 16 MiB'),
  held(
    'G-12',
    'A list is encoded exactly as its standard says, and nothing is missing or left over (BSL §2.2, TSL §4.1)',
  ),
  held(
    'G-13',
    'A width of statuses that is not read here is refused, never read as another (BSL §2.1, TSL §4.1)',
  ),
  held(
    'G-14',
    'Bitstrings are read from the most significant bit, token lists from the least (BSL §2.2, TSL §4.1)',
  ),
  held(
    'G-15',
    'A list is at an https URL with a public host; which one does not matter, since it is signed',
  ),
  held('G-16', 'A ttl is kept within 15 seconds and an hour (TSL §11.5)'),
  held('G-17', 'A list that was read for one issuer is never used for another'),
  held(
    'G-18',
    'A list or document that is invalid takes the place of no valid copy, at hand or shared',
  ),
  held('G-19', 'No list is asked for before the signature of the credential holds (TSL §8.3)'),
  held('G-20', 'Every entry counts, and one of an unknown kind or purpose refuses the credential'),
  held(
    'credentials:BS-08',
    'A bitstring list is read, verified, and asked by the algorithm of BSL §3.2',
  ),
  held(
    'credentials:BS-09',
    'A malformed entry or list is refused or undetermined, never taken for a clear bit (BSL §3.5)',
  ),
  held('credentials:BS-10', "A list counts only as the credential's own issuer's word (BSL §3.2)"),
  held(
    'credentials:BS-12',
    'One copy of a list answers for every credential in it: no request names a credential (BSL §4)',
  ),
  held(
    'credentials:BS-14',
    'A list is bounded as it travels and as it inflates, and a failed read is never a yes',
  ),
  held(
    'credentials:TS-05',
    'A credential is validated in full before its list is fetched (TSL §8.3)',
  ),
  held(
    'credentials:TS-06',
    'A token list has its claims, names its URL, has not run out, and reaches to the index (TSL §8.3)',
  ),
  held(
    'credentials:TS-07',
    'exp and ttl of a token list count, within our bounds, and caching headers do not (TSL §8.2, §11.5)',
  ),
  held(
    'credentials:TS-12',
    'A token list is signed, never secured by a shared secret (TSL §11.1, RFC 8725 §3.1)',
  ),
];
