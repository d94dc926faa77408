import { dateTime, parseShape, type Shape, sha256Text, text } from './claim-shape.ts';
import { parseDocumentUrl, type UrlOptions } from './document-url.ts';
import { accepted, type Parsed, refused } from './parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

/** One published facet of an agent, as its listing names it. */
export interface ListedFacet {
  /** `compliance`, `provenance`, `allowed-actions`, or the name of an organization's own. */
  readonly type: string;
  readonly url: string;
  /** SHA-256 of the compact credential, base64url. */
  readonly sha256: string;
  /** XSD dateTimeStamp. */
  readonly validUntil: string;
}

/** A listing longer than this is nobody's: an agent has a handful of facets. */
const maxListed = 64;
const document = '/client.json';
/** The strict document of an agent is in a folder below that of its own. */
const strictDocument = /(\/a\/[a-z0-9-]{2,40})\/strict\/client\.json$/;

/** Where the published facets of an agent are listed; undefined when its URL is not of our form. */
export function facetListingUrl(clientId: string): string | undefined {
  const holder = facetHolder(clientId);
  return holder.endsWith(document) ? `${holder.slice(0, -document.length)}/credentials` : undefined;
}

/**
 * The client_id that facets speak about: the agent's own, also where it comes with that of its strict
 * document. Whoever takes a facet for a strict document still compares issuer and DID.
 */
export function facetHolder(clientId: string): string {
  return clientId.replace(strictDocument, `$1${document}`);
}

/**
 * Parses the listing found at `url`. Members that it does not know are left alone; an entry that
 * leads outside of the listing's own folder refuses it all. Rules: `listing-…`, `subject-…`.
 */
export function parseFacetListing(
  json: JsonValue,
  { url, ...options }: UrlOptions & { readonly url: string },
): Parsed<readonly ListedFacet[]> {
  if (!Array.isArray(json)) return refused('', 'listing-type', 'not an array');
  if (json.length > maxListed) {
    return refused('', 'listing-length', `more than ${maxListed} entries`);
  }
  const entries: ListedFacet[] = [];
  for (const [at, entry] of json.entries()) {
    const parsed = parseShape(listedFacet, entry, `/${at}`);
    if (!parsed.ok) return parsed;
    const address = parsed.value.url;
    if (!address.startsWith(`${url}/`) || !parseDocumentUrl(address, options).ok) {
      return refused(`/${at}/url`, 'listing-url', 'leads outside of the listing');
    }
    entries.push(parsed.value);
  }
  return accepted(entries);
}

const members: Readonly<Record<keyof ListedFacet, Shape<string>>> = {
  type: text(100),
  url: text(2_048),
  sha256: sha256Text,
  validUntil: dateTime,
};

const listedFacet: Shape<ListedFacet> = (value) => {
  if (!isJsonObject(value))
    return [{ pointer: '', rule: 'subject-type', detail: 'must be an object' }];
  return Object.entries(members).flatMap(([name, shape]) => faultsOf(shape, value, name));
};

function faultsOf(shape: Shape<string>, value: JsonObject, name: string) {
  const pointer = `/${name}`;
  return shape(value[name] ?? null).map((fault) => ({ ...fault, pointer }));
}
