import type { Parsed } from '../protocol/parsed.ts';
import type { Presentation } from './intake/presentation.ts';
import type { Fetch } from './ports.ts';
import { createClientDocuments } from './resolve/client-document.ts';
import type { Issuers } from './resolve/did-web.ts';
import { createIssuers } from './resolve/did-web.ts';
import type { Facets } from './resolve/facets.ts';
import { createFacets } from './resolve/facets.ts';
import type { Thumbprints } from './resolve/jwks.ts';
import { createKeySets } from './resolve/jwks.ts';
import type { LinkedPassports } from './resolve/linked-passports.ts';
import { createLinkedPassports } from './resolve/linked-passports.ts';
import type { Octets } from './resolve/octets.ts';
import { createOctets } from './resolve/octets.ts';
import { RefreshAhead } from './resolve/refresh-ahead.ts';
import { createSharedCopies } from './resolve/shared-copies.ts';
import type { Signatures } from './resolve/signatures.ts';
import { createSignatures } from './resolve/signatures.ts';
import type { Source } from './resolve/source.ts';
import type { StatusLists } from './resolve/status-list.ts';
import { createStatusLists } from './resolve/status-list.ts';
import type { ResponseCache } from './response-cache.ts';

/** Everything a check may consult beside the question itself; all of it remembers. */
export interface Sources {
  readonly octets: Octets;
  readonly documents: Source<Presentation>;
  readonly passports: LinkedPassports;
  readonly issuers: Issuers;
  readonly keySets: Source<Parsed<Thumbprints>>;
  readonly facets: Facets;
  readonly signatures: Signatures;
  readonly lists: StatusLists;
}

/** The sources over one fetch port, with nothing held yet; `cache` may hold what others fetched. */
export function createSources(order: {
  readonly fetch: Fetch;
  readonly clock: () => number;
  readonly cache?: ResponseCache | undefined;
}): Sources {
  const { fetch, clock, cache } = order;
  const shared = createSharedCopies({ cache, clock });
  const deps = { fetch, clock, shared, refreshAhead: new RefreshAhead() };
  const octets = createOctets(deps);
  const issuers = createIssuers(octets);
  const signatures = createSignatures();
  return {
    octets,
    documents: createClientDocuments(octets, fetch),
    passports: createLinkedPassports(octets),
    issuers,
    keySets: createKeySets(octets, fetch.sha256),
    facets: createFacets(octets, fetch),
    signatures,
    lists: createStatusLists({ ...deps, issuers, signatures }),
  };
}
