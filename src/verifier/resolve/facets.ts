import { sha256Base64url } from '../../protocol/digest.ts';
import {
  facetListingUrl,
  type ListedFacet,
  parseFacetListing,
} from '../../protocol/facet-listing.ts';
import { maxFacetListingBytes, maxJwtBytes } from '../../protocol/limits.ts';
import type { Parsed } from '../../protocol/parsed.ts';
import { decodeUtf8 } from '../../protocol/utf8.ts';
import { presentJwt } from '../intake/from-jwt.ts';
import type { Presentation } from '../intake/presentation.ts';
import type { Fetch } from '../ports.ts';
import { acceptJson, parseJsonContent } from './json-document.ts';
import type { Octets } from './octets.ts';
import type { Source, SourceReading, Trouble } from './source.ts';
import { createSource } from './source.ts';

/** Which published facets are wanted. */
export interface FacetsRequest {
  readonly clientId: string;
  /** Whether an entry of the listing is worth reading. */
  readonly isWanted: (listed: ListedFacet) => boolean;
  /** When the passport was issued, in milliseconds since the epoch: an older listing is read anew. */
  readonly issuedAt: number;
  /** Milliseconds since the epoch, real time. */
  readonly deadline: number;
}

/** A facet that was read, taken apart and not yet believed. */
export interface PublishedFacet {
  readonly presentation: Presentation;
  /** Whether it is of the type that denies actions, as the listing names it. */
  readonly mayDeny: boolean;
}

/** Something wanted that was not read, or a listing that was not to be had. */
export interface MissedFacet {
  /** Name of the rule that says why. */
  readonly fault: string;
  /** true when another attempt would miss it too. */
  readonly definite: boolean;
  /** Whether a facet that denies actions may be what was missed. */
  readonly mayDeny: boolean;
}

/** What became of the facets that were wanted. */
export interface PublishedFacets {
  readonly read: readonly PublishedFacet[];
  readonly missed: readonly MissedFacet[];
}

/** Reads the facets that an agent's organization publishes beside its client metadata document. */
export interface Facets {
  read(request: FacetsRequest): Promise<PublishedFacets>;
}

interface FacetOctets {
  readonly presentation: Presentation;
  readonly sha256: string;
}

type Listing = SourceReading<Parsed<readonly ListedFacet[]>>;

/** More facets of the wanted types than any agent needs; what lies beyond is not read. */
const maxRead = 16;
// A listing that is older than the passport is read again, but not for every single question.
const minHeldMs = 1_000;

/** A source of published facets over the octets that are held. */
export function createFacets(
  octets: Octets,
  { allowLoopback, sha256: hash }: Pick<Fetch, 'allowLoopback' | 'sha256'>,
): Facets {
  const listings = createSource<Parsed<readonly ListedFacet[]>>(octets, {
    accept: acceptJson,
    maxBytes: maxFacetListingBytes,
    async derive(response, url) {
      const json = parseJsonContent(response);
      return json.ok ? parseFacetListing(json.value, { allowLoopback, url }) : json;
    },
    isKept: (listing) => listing.ok,
  });
  const facets = createSource<FacetOctets | undefined>(octets, {
    accept: 'application/vc+jwt',
    maxBytes: maxJwtBytes,
    async derive({ body }) {
      const text = decodeUtf8(body);
      return text === undefined
        ? undefined
        : { presentation: presentJwt(text), sha256: await sha256Base64url(text, hash) };
    },
    isKept: (facet) => facet !== undefined,
  });

  // Every change of an agent's facets is followed by a passport: what was listed before it may lack
  // the facet that denies.
  async function readListing(url: string, { issuedAt, deadline }: FacetsRequest): Promise<Listing> {
    const reading = await listings.read({ url, deadline });
    const older = reading.ok && reading.held.fetchedAt - reading.held.ageMs < issuedAt;
    return older && octets.suspect(url, minHeldMs) ? listings.read({ url, deadline }) : reading;
  }

  return {
    async read(request) {
      const { clientId, isWanted, deadline } = request;
      const url = facetListingUrl(clientId);
      if (url === undefined) return missing(notPublished('listing-unknown'));
      const reading = await readListing(url, request);
      if (!reading.ok) return missing(missedListing(reading.trouble));
      if (!reading.value.ok) return missing(missed(reading.value.faults[0]?.rule));
      const wanted = reading.value.value.filter(isWanted);
      const read = wanted.slice(0, maxRead).map((listed) => readFacet(facets, listed, deadline));
      const beyond = wanted.length > maxRead ? [missing(missed('listing-length'))] : [];
      return join([...(await Promise.all(read)), ...beyond]);
    },
  };
}

async function readFacet(
  facets: Source<FacetOctets | undefined>,
  { url, type, sha256 }: ListedFacet,
  deadline: number,
): Promise<PublishedFacets> {
  const mayDeny = type === 'allowed-actions';
  const reading = await facets.read({ url, deadline });
  if (!reading.ok) {
    const { definite } = reading.trouble;
    return missing({ fault: ruleOf(reading.trouble), definite, mayDeny });
  }
  return reading.value?.sha256 === sha256
    ? { read: [{ presentation: reading.value.presentation, mayDeny }], missed: [] }
    : missing({ fault: 'facet-digest', definite: true, mayDeny });
}

function join(parts: readonly PublishedFacets[]): PublishedFacets {
  return {
    read: parts.flatMap(({ read }) => read),
    missed: parts.flatMap((part) => part.missed),
  };
}

function missing(one: MissedFacet): PublishedFacets {
  return { read: [], missed: [one] };
}

// RFC 9110 §15.5.5 and §15.5.11: there is no listing, as against one that cannot be had.
function missedListing(trouble: Trouble): MissedFacet {
  const fault = ruleOf(trouble);
  return trouble.status === 404 || trouble.status === 410
    ? notPublished(fault)
    : { ...missed(fault), definite: trouble.definite };
}

/** What is in the listing is not known, or not altogether. */
function missed(fault = 'listing-format'): MissedFacet {
  return { fault, definite: true, mayDeny: true };
}

/** The organization publishes no facets for this client. */
function notPublished(fault: string): MissedFacet {
  return { fault, definite: true, mayDeny: false };
}

function ruleOf({ cause, status }: Trouble): string {
  return status === null ? `fetch-${cause}` : `http-${status}`;
}
