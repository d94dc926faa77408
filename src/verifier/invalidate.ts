import { didWebUrl, parseDidWeb } from '../protocol/did-web.ts';
import { facetListingUrl } from '../protocol/facet-listing.ts';
import { parseStrictJsonObject } from '../protocol/strict-json.ts';
import type { Sources } from './sources.ts';

/** Drops what is held of this URL, and of what a client metadata document at it names. */
export function invalidate(sources: Sources, url: string): void {
  for (const one of [url, ...namedBy(sources, url)]) drop(sources, one);
  sources.passports.drop(url);
}

/** Drops the status lists of an issuer, or everything that is held of it. */
export function invalidateIssuer(
  sources: Sources,
  issuer: string,
  kind: 'lists' | 'everything',
): void {
  for (const url of sources.lists.urlsOf(issuer)) drop(sources, url);
  const did = parseDidWeb(issuer);
  if (kind === 'lists' || !did.ok) return;
  for (const scheme of ['https', 'http'] as const) {
    const document = didWebUrl(did.value, scheme);
    drop(sources, document);
    // did:web §2.5.2: without a path the document is in a folder of its own.
    sources.octets.dropBelow(document.replace(/(?:\.well-known\/)?did\.json$/, ''));
  }
}

function drop({ octets, lists }: Sources, url: string): void {
  octets.drop(url);
  lists.drop(url);
}

function namedBy({ octets }: Sources, url: string): readonly string[] {
  const held = octets.peek(url);
  const document = held === undefined ? undefined : parseStrictJsonObject(held.body);
  const keys = document?.ok === true ? document.value['jwks_uri'] : undefined;
  const listing = facetListingUrl(url);
  return [keys, listing].filter((one) => typeof one === 'string');
}
