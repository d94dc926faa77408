import { decodeBase64url } from '../protocol/base64url.ts';
import { accepted, type Parsed, refused } from '../protocol/parsed.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { Secret } from './secrets.ts';

/** Where a listener is bound. Port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const masterKeyBytes = 32;
const listenPattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/;
const tokenPattern = /^[A-Za-z0-9._~+/-]{32,256}$/;
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/** Any text but the empty one. */
export function readText(text: string): Parsed<string> {
  return text.trim() === '' ? fault('must not be blank') : accepted(text);
}

/** Requests in a minute: a whole number up to a million, or null for `off`. */
export function readRateLimit(text: string): Parsed<number | null> {
  if (text === 'off') return accepted(null);
  const fits = /^[1-9]\d{0,5}$/.test(text) || text === '1000000';
  return fits ? accepted(Number(text)) : fault('must be a number from 1 to 1000000, or "off"');
}

/** One of a closed set of words. */
export function readWord<const Word extends string>(
  words: readonly Word[],
): (text: string) => Parsed<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    return word === undefined ? fault(`must be one of ${words.join(', ')}`) : accepted(word);
  };
}

/** `host:port`, where an IPv6 host stands in brackets. */
export function readListen(text: string): Parsed<ListenAddress> {
  const [, host, digits] = listenPattern.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port > 65_535) {
    return fault('must be host:port, such as 127.0.0.1:8787 or [::1]:8787');
  }
  return accepted({ host: host.replace(/^\[|\]$/g, ''), port });
}

/** A PostgreSQL connection URL. It is secret as a whole, for it holds the password. */
export function readDatabaseUrl(text: string): Parsed<Secret<string>> {
  const parsed = parseDatabaseUrl(text);
  return parsed.ok ? accepted(new Secret(text)) : parsed;
}

/** A power of two within limits, both included, which are powers of two. */
export function readPowerOfTwo(least: number, most: number): (text: string) => Parsed<number> {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    const fits = number >= least && number <= most && Number.isInteger(Math.log2(number));
    return fits ? accepted(number) : fault(`must be a power of two from ${least} to ${most}`);
  };
}

/** A whole number within limits, both included. */
export function readNumber(least: number, most: number): (text: string) => Parsed<number> {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return number >= least && number <= most
      ? accepted(number)
      : fault(`must be a number from ${least} to ${most}`);
  };
}

/** 32 bytes in base64url. */
export function readMasterKey(text: string): Parsed<Secret<Uint8Array>> {
  const key = decodeBase64url(text);
  return key?.byteLength === masterKeyBytes
    ? accepted(new Secret(key))
    : fault(`must be ${masterKeyBytes} bytes in base64url, without padding`);
}

/** A bearer token: long enough not to be guessed, and fit for an Authorization header. */
export function readToken(text: string): Parsed<Secret<string>> {
  return tokenPattern.test(text)
    ? accepted(new Secret(text))
    : fault('must have 32 to 256 characters of A-Z a-z 0-9 . _ ~ + / -');
}

/** A secret that another system made: any text of one line. */
export function readSecret(text: string): Parsed<Secret<string>> {
  return /^[^\p{Cc}]{1,4096}$/u.test(text)
    ? accepted(new Secret(text))
    : fault('must be one line of at most 4096 characters');
}

/** Where the command line finds the service. Tokens travel there, so http is for loopback only. */
export function readServer(text: string): Parsed<string> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !isServerUrl(url)) {
    return fault('must be the https origin of a service (http for loopback only)');
  }
  return accepted(url.origin);
}

function isServerUrl(url: URL): boolean {
  const bare = url.href === `${url.origin}/`;
  const safe = url.protocol === 'https:';
  return bare && (safe || (url.protocol === 'http:' && loopbackHosts.includes(url.hostname)));
}

function fault(detail: string): Parsed<never> {
  return refused('', 'setting', detail);
}
