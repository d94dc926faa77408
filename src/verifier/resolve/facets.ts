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
import { acceptJson, parseJsonContent } from './json-document.ts';
import type { Octets } from './octets.ts';
import type { Source, SourceReading, Trouble } from './source.ts';
import { createSource } from './source.ts';

/** Which published facets are wanted. */
export interface FacetsRequest {
  readonly clientId: string;
  /** Whether an entry of the listing is worth reading. */
  readonly isWanted: (listed: ListedFacet) => boolean;
  /** Milliseconds since the epoch, real time. */
  readonly deadline: number;
}

/** The wanted facets, taken apart and not yet believed, and what stood in the way of others. */
export interface PublishedFacets {
  readonly presentations: readonly Presentation[];
  /** true when another attempt could find more. */
  readonly incomplete: boolean;
  /** Names of rules; empty when everything wanted was read. */
  readonly faults: readonly string[];
}

/** Reads the facets that an agent's organization publishes beside its client metadata document. */
export interface Facets {
  read(request: FacetsRequest): Promise<PublishedFacets>;
}

interface PublishedFacet {
  readonly presentation: Presentation;
  readonly sha256: string;
}

/** More facets of the wanted types than any agent needs; what lies beyond is not read. */
const maxRead = 16;

/** A source of published facets over the octets that are held. */
export function createFacets(octets: Octets, options: { readonly allowLoopback: boolean }): Facets {
  const listings = createSource<Parsed<readonly ListedFacet[]>>(octets, {
    accept: acceptJson,
    maxBytes: maxFacetListingBytes,
    async derive(response, url) {
      const json = parseJsonContent(response);
      return json.ok ? parseFacetListing(json.value, { ...options, url }) : json;
    },
    isKept: (listing) => listing.ok,
  });
  const facets = createSource<PublishedFacet | undefined>(octets, {
    accept: 'application/vc+jwt',
    maxBytes: maxJwtBytes,
    async derive({ body }) {
      const text = decodeUtf8(body);
      return text === undefined
        ? undefined
        : { presentation: presentJwt(text), sha256: await sha256Base64url(text) };
    },
    isKept: (facet) => facet !== undefined,
  });

  return {
    async read({ clientId, isWanted, deadline }) {
      const url = facetListingUrl(clientId);
      if (url === undefined) return nothing('listing-unknown');
      const reading = await listings.read({ url, deadline });
      if (!reading.ok) return nothing(ruleOf(reading.trouble), !reading.trouble.definite);
      if (!reading.value.ok) return nothing(reading.value.faults[0]?.rule);
      const wanted = reading.value.value.filter(isWanted);
      const read = wanted.slice(0, maxRead).map((listed) => readFacet(facets, listed, deadline));
      const parts = await Promise.all(read);
      return wanted.length > maxRead ? join([...parts, nothing('listing-length')]) : join(parts);
    },
  };
}

async function readFacet(
  facets: Source<PublishedFacet | undefined>,
  listed: ListedFacet,
  deadline: number,
): Promise<PublishedFacets> {
  const reading: SourceReading<PublishedFacet | undefined> = await facets.read({
    url: listed.url,
    deadline,
  });
  if (!reading.ok) return nothing(ruleOf(reading.trouble), !reading.trouble.definite);
  return reading.value?.sha256 === listed.sha256
    ? { presentations: [reading.value.presentation], incomplete: false, faults: [] }
    : nothing('facet-digest');
}

function join(parts: readonly PublishedFacets[]): PublishedFacets {
  return {
    presentations: parts.flatMap(({ presentations }) => presentations),
    incomplete: parts.some(({ incomplete }) => incomplete),
    faults: [...new Set(parts.flatMap(({ faults }) => faults))],
  };
}

function nothing(fault = 'listing-format', incomplete = false): PublishedFacets {
  return { presentations: [], incomplete, faults: [fault] };
}

function ruleOf({ cause, status }: Trouble): string {
  return status === null ? `fetch-${cause}` : `http-${status}`;
}
