import { isHostName } from './host-name.ts';
import { maxDidLength, maxKidLength } from './limits.ts';
import { accepted, type Parsed, refused } from './parsed.ts';

declare const didBrand: unique symbol;

/** A decentralized identifier in its one accepted spelling. Compared with `===`. */
export type Did = string & { readonly [didBrand]: true };

/** A did:web identifier and its parts. */
export interface DidWeb {
  readonly did: Did;
  readonly host: string;
  readonly port: number | undefined;
  readonly path: readonly string[];
}

/** A DID URL that names something inside a DID document. */
export interface DidUrl {
  readonly did: DidWeb;
  /** Without the leading `#`; not empty. */
  readonly fragment: string;
}

const didWeb = /^did:web:([a-z0-9.-]+)(?:%3A([1-9]\d{0,4}))?((?::[A-Za-z0-9._-]+)*)$/;
const fragmentCharacters = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?]+$/;

/**
 * Parses a did:web identifier: a lower-case DNS name, `%3A` and a port other than 443 when there
 * is one, segments of letters, digits, `.`, `_` and `-`. Nothing else is accepted, so that a DID
 * has one spelling and no escape reaches a URL. Rules: `did-type`, `did-length`, `did-method`,
 * `did-host`, `did-port`, `did-path`.
 */
export function parseDidWeb(text: unknown): Parsed<DidWeb> {
  if (typeof text !== 'string') return refused('', 'did-type', 'not a string');
  if (text.length > maxDidLength) {
    return refused('', 'did-length', `longer than ${maxDidLength} characters`);
  }
  if (!text.startsWith('did:web:')) return refused('', 'did-method', 'not a did:web identifier');
  const match = didWeb.exec(text);
  // did:web §2.3: a host, an optional port, path segments; only the colon of the port is escaped.
  if (match === null) return refused('', 'did-path', 'not host, port and plain path segments');
  const [, host = '', portText, pathText = ''] = match;
  if (!isHostName(host)) return refused('', 'did-host', 'the host is not a lower-case DNS name');
  const port = portText === undefined ? undefined : Number(portText);
  if (port === 443 || (port ?? 0) > 65_535) {
    return refused('', 'did-port', 'the default port is never written, and ports end at 65535');
  }
  const path = pathText === '' ? [] : pathText.slice(1).split(':');
  if (path.some((segment) => segment === '.' || segment === '..')) {
    return refused('', 'did-path', 'has a dot segment');
  }
  return accepted({ did: text as Did, host, port, path });
}

/** Parses an absolute did:web DID URL with a fragment, such as a `kid`. Rules: `did-…`. */
export function parseDidUrl(text: unknown): Parsed<DidUrl> {
  if (typeof text !== 'string') return refused('', 'did-type', 'not a string');
  if (text.length > maxKidLength) {
    return refused('', 'did-length', `longer than ${maxKidLength} characters`);
  }
  const hash = text.indexOf('#');
  const fragment = hash < 0 ? '' : text.slice(hash + 1);
  if (!fragmentCharacters.test(fragment)) {
    return refused('', 'did-fragment', 'not an absolute DID URL that ends in #name');
  }
  const did = parseDidWeb(text.slice(0, hash));
  return did.ok ? accepted({ did: did.value, fragment }) : did;
}

/** Where the DID document is (did:web §2.5.2): `/.well-known/did.json`, or `did.json` below the path. */
export function didWebUrl(did: DidWeb, scheme: 'https' | 'http' = 'https'): string {
  const authority = did.port === undefined ? did.host : `${did.host}:${did.port}`;
  const folder = did.path.length === 0 ? '.well-known' : did.path.join('/');
  return `${scheme}://${authority}/${folder}/did.json`;
}

/**
 * The client_id whose document is published beside the DID document of an agent. Rule:
 * `did-organization`, for a DID without a path. Whoever judges a DID by it still compares the
 * subject of the papers with the DID.
 */
export function clientIdBesideDid(did: DidWeb, scheme: 'https' | 'http' = 'https'): Parsed<string> {
  if (did.path.length === 0) {
    return refused('', 'did-organization', 'names an organization, not an agent');
  }
  return accepted(didWebUrl(did, scheme).replace(/did\.json$/, 'client.json'));
}

/**
 * The did:web identifier of a base URL (an origin, or an origin plus path, without a final slash)
 * and of segments below it. Throws a TypeError when there is none: base URLs and handles are
 * checked before they come here.
 */
export function didWebOf(baseUrl: string, path: readonly string[] = []): Did {
  const [, authority = '', below = ''] = /^https?:\/\/([^/]+)((?:\/[^/]+)*)$/.exec(baseUrl) ?? [];
  const segments = [...below.split('/').slice(1), ...path];
  const did = parseDidWeb(`did:web:${[authority.replace(':', '%3A'), ...segments].join(':')}`);
  if (!did.ok) throw new TypeError('no did:web identifier stands for this base URL and path');
  return did.value.did;
}
