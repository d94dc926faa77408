import { isHostName, isLoopbackName } from './host-name.ts';
import { maxClientIdLength } from './limits.ts';
import { accepted, type Parsed, refused } from './parsed.ts';

/** Which URLs may be read. */
export interface UrlOptions {
  /** Plain http to this machine by name; development only. */
  readonly allowLoopback?: boolean;
}

const urlParts = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/s;
const pathCharacters = /^(?:\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+)+\/?$/;
const dotSegment = /\/\.{1,2}(?:\/|$)/;
// An escape that hides a control character, a space, `%`, `.`, `/`, `\` or DEL from a reader of the
// raw text.
const hidingEscape = /%(?:[01][0-9A-Fa-f]|2[05eEfF]|5[cC]|7[fF])/;

/**
 * Judges the URL of a public document on its raw text, before any URL parser may repair it: https
 * (or http to loopback by name, when allowed), a lower-case DNS name and never an IP address, no
 * default port, no user information, a path other than `/` without empty, dot or hidden segments,
 * no query, no fragment. An accepted text equals `new URL(text).href`. Rules: `url-…`.
 */
export function parseDocumentUrl(raw: unknown, options: UrlOptions = {}): Parsed<string> {
  if (typeof raw !== 'string') return refused('', 'url-type', 'not a string');
  if (raw.length > maxClientIdLength) {
    return refused('', 'url-length', `longer than ${maxClientIdLength} characters`);
  }
  const parts = urlParts.exec(raw);
  if (parts === null) return refused('', 'url-scheme', 'not an https URL in its plain spelling');
  const [, scheme = '', authority = '', path = '', query, fragment] = parts;
  // CIMD-02 §3: no fragment, not even an empty one; a query is discouraged, and refused here.
  if (fragment !== undefined) return refused('', 'url-fragment', 'has a fragment');
  if (query !== undefined) return refused('', 'url-query', 'has a query');
  const fault = findAuthorityFault(scheme, authority, options) ?? findPathFault(path);
  if (fault !== undefined) return refused('', ...fault);
  return accepted(raw);
}

type UrlFault = readonly [rule: string, detail: string];

function findAuthorityFault(
  scheme: string,
  authority: string,
  options: UrlOptions,
): UrlFault | undefined {
  // CIMD-02 §3: no user name and no password, not even empty ones.
  if (authority.includes('@')) return ['url-userinfo', 'has user information'];
  const [host = '', port, ...rest] = authority.split(':');
  if (!isHostName(host) || rest.length > 0) {
    return ['url-host', 'the host is not a lower-case DNS name'];
  }
  if (port !== undefined && !isPlainPort(port, scheme)) {
    return ['url-port', 'the port is spelled out although it is the default, or is no port'];
  }
  // CIMD-02 §3 and §8.6: https, except for development on one machine.
  const plain = scheme === 'http' && !(options.allowLoopback === true && isLoopbackName(host));
  return plain ? ['url-scheme', 'plain http is for development on loopback only'] : undefined;
}

// CIMD-02 §3: identifiers are compared as strings, so that `:443` would name a second client.
function isPlainPort(port: string, scheme: string): boolean {
  const isDefault = port === (scheme === 'https' ? '443' : '80');
  return /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535 && !isDefault;
}

function findPathFault(path: string): UrlFault | undefined {
  // CIMD-02 §3: a path is mandatory; `/` alone is discouraged, and refused here.
  if (path === '' || path === '/') return ['url-path', 'has no path'];
  if (!pathCharacters.test(path)) {
    return ['url-path', 'the path has an empty segment or a character that must be escaped'];
  }
  if (dotSegment.test(path) || hidingEscape.test(path)) {
    return ['url-path', 'the path has a dot segment, or an escape that hides one'];
  }
  return undefined;
}
