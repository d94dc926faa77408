import { parseDocumentUrl, type UrlOptions } from './document-url.ts';
import { maxLinkHeaderLength, maxLinks } from './limits.ts';
import { accepted, type Parsed, refused } from './parsed.ts';

/** One link of a Link field. */
export interface Link {
  /** A URI reference, not resolved. */
  readonly target: string;
  /** By lower-case name; of several of one name, the first. A parameter without a value is "". */
  readonly parameters: ReadonlyMap<string, string>;
}

// RFC 8288 §3: link-value = "<" URI-Reference ">" *( OWS ";" OWS link-param )
const linkTarget = /<([A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+)>/y;
const linkParameter =
  /[\t ]*;[\t ]*([\w!#$%&'*+.^`|~-]+)(?:[\t ]*=[\t ]*(?:([\w!#$%&'*+.^`|~-]+)|"((?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*)"))?/y;
// RFC 9110 §5.6.1: a list of which elements may be empty.
const separator = /[\t ]*(?:,[\t ]*)+|[\t ]*$/y;
const blanks = /[\t ,]*/y;

/**
 * Parses the value of a Link field, or of several that were joined by commas (RFC 8288 §3). What
 * departs from the grammar refuses it all. Rules: `link-length`, `link-count`, `link-syntax`.
 */
export function parseLinkHeader(text: string): Parsed<readonly Link[]> {
  if (text.length > maxLinkHeaderLength) {
    return refused('', 'link-length', `longer than ${maxLinkHeaderLength} characters`);
  }
  const links: Link[] = [];
  let at = readAt(blanks, text, 0)?.[0].length ?? 0;
  while (at < text.length) {
    if (links.length === maxLinks) return refused('', 'link-count', `more than ${maxLinks} links`);
    const read = readLink(text, at);
    if (read === undefined) return refused('', 'link-syntax', 'not a list of links');
    links.push(read.link);
    at = read.end;
  }
  return accepted(links);
}

/**
 * The URL of the credential by which a client metadata document without one says it is described:
 * the first link with the relation `describedby` from the document itself, to a compact credential
 * as far as it says, resolved against the document's URL. undefined when there is none; refused when
 * that link leads to another origin or is no URL of a public document. Rules: `link-…`, `url-…`.
 */
export function findCredentialLink(
  text: string | undefined,
  { documentUrl, ...options }: UrlOptions & { readonly documentUrl: string },
): Parsed<string | undefined> {
  if (text === undefined) return accepted(undefined);
  const links = parseLinkHeader(text);
  if (!links.ok) return links;
  const link = links.value.find(leadsToCredential);
  if (link === undefined) return accepted(undefined);
  const url = resolve(link.target, documentUrl);
  if (url?.origin !== new URL(documentUrl).origin) {
    return refused('', 'link-origin', 'leads to another origin than that of the document');
  }
  return parseDocumentUrl(url.href, options);
}

// RFC 3986 §4.2, WHATWG URL: readers differ about a scheme that no authority follows.
const schemeAlone = /^[a-z][a-z0-9+.-]*:(?!\/\/)/i;

function resolve(target: string, documentUrl: string): URL | undefined {
  const isReference = !schemeAlone.test(target) && URL.canParse(target, documentUrl);
  return isReference ? new URL(target, documentUrl) : undefined;
}

function readLink(text: string, start: number): { link: Link; end: number } | undefined {
  const [opening = '', target] = readAt(linkTarget, text, start) ?? [];
  if (target === undefined) return undefined;
  const parameters = new Map<string, string>();
  let at = start + opening.length;
  for (let read = readAt(linkParameter, text, at); read; read = readAt(linkParameter, text, at)) {
    const [whole, name = '', token, quoted = ''] = read;
    const key = name.toLowerCase();
    // RFC 8288 §3.3: only the first of several relation parameters counts.
    if (!parameters.has(key)) parameters.set(key, token ?? quoted.replace(/\\(.)/g, '$1'));
    at += whole.length;
  }
  const end = readAt(separator, text, at);
  return end === null ? undefined : { link: { target, parameters }, end: at + end[0].length };
}

function readAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function leadsToCredential({ parameters }: Link): boolean {
  const relations = (parameters.get('rel') ?? '').toLowerCase().split(' ');
  // RFC 8288 §3.2: a link with an anchor is about something else than the document.
  if (!relations.includes('describedby') || parameters.has('anchor')) return false;
  // RFC 8288 §3.4.1: the type is a hint; the answer itself has to have it.
  const type = parameters.get('type');
  return type === undefined || isCredentialMediaType(type);
}

/** Whether a media type is that of a compact credential, `application/vc+jwt` (VC-JOSE-COSE §6.1.1). */
export function isCredentialMediaType(mediaType: string): boolean {
  return /^application\/vc\+jwt[\t ]*(?:;|$)/i.test(mediaType);
}
