import type { UrlOptions } from './document-url.ts';
import { isLoopbackName } from './host-name.ts';
import { holdsPrivateKey } from './jwk.ts';
import { type Fault, pointerTo } from './parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

type Rule = (json: JsonObject, expectation: Expectation) => readonly Fault[];

interface Expectation extends UrlOptions {
  readonly clientId: string;
}

/**
 * Every way in which a document breaks CIMD-02 §4.1, or says something about its client that an
 * authorization server could act upon and must not. Empty when there is none.
 */
export function findMetadataFaults(json: JsonObject, expectation: Expectation): readonly Fault[] {
  return rules.flatMap((rule) => rule(json, expectation));
}

const rules: readonly Rule[] = [
  checkClientId,
  checkSecrets,
  checkPrivateKeys,
  checkMemberTypes,
  checkKeys,
  checkRedirectUris,
  checkPageUris,
  checkCredential,
];

// CIMD-02 §4.1: byte for byte the URL of the document.
function checkClientId(json: JsonObject, { clientId }: Expectation): readonly Fault[] {
  return json['client_id'] === clientId
    ? []
    : [fault('client_id', 'client-id-mismatch', 'not the URL that the document was read from')];
}

// CIMD-02 §4.1: a public document keeps no secret, not even a null one.
function checkSecrets(json: JsonObject): readonly Fault[] {
  const banned = ['client_secret', 'client_secret_expires_at'].filter((name) =>
    Object.hasOwn(json, name),
  );
  const faults = banned.map((name) =>
    fault(name, 'metadata-secret', 'a public document has no client secret'),
  );
  const method = json['token_endpoint_auth_method'];
  if (typeof method === 'string' && method.startsWith('client_secret_')) {
    const detail = 'authentication with a shared secret is not possible here';
    faults.push(fault('token_endpoint_auth_method', 'metadata-secret', detail));
  }
  return faults;
}

// CIMD-02 §4.1: no private key anywhere in the document.
function checkPrivateKeys(json: JsonObject): readonly Fault[] {
  const pointer = findPrivateKey(json);
  if (pointer === undefined) return [];
  return [{ pointer, rule: 'metadata-private-key', detail: 'holds private key material' }];
}

function findPrivateKey(value: JsonValue): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isJsonObject(value) && Object.hasOwn(value, 'kty') && holdsPrivateKey(value)) return '';
  for (const [name, inner] of Object.entries(value) as [string, JsonValue][]) {
    const below = findPrivateKey(inner);
    if (below !== undefined) return `${pointerTo(name)}${below}`;
  }
  return undefined;
}

const textMembers = [
  'client_name',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'jwks_uri',
];
const listMembers = ['redirect_uris', 'grant_types', 'response_types'];

function checkMemberTypes(json: JsonObject): readonly Fault[] {
  const texts = textMembers
    .filter((name) => Object.hasOwn(json, name) && typeof json[name] !== 'string')
    .map((name) => fault(name, 'metadata-type', 'not a string'));
  const lists = listMembers
    .filter((name) => Object.hasOwn(json, name) && !isTextArray(json[name]))
    .map((name) => fault(name, 'metadata-type', 'not an array of strings'));
  return [...texts, ...lists];
}

function checkKeys(json: JsonObject, expectation: Expectation): readonly Fault[] {
  const uri = json['jwks_uri'];
  // RFC 7591 §2: one or the other, so that two readers cannot use different keys.
  if (Object.hasOwn(json, 'jwks_uri') && Object.hasOwn(json, 'jwks')) {
    return [fault('jwks', 'metadata-keys', 'has both jwks and jwks_uri')];
  }
  if (typeof uri !== 'string') return [];
  const url = parsePageUrl(uri, expectation);
  if (url === undefined || uri.includes('#')) {
    return [fault('jwks_uri', 'metadata-uri', 'not an https URL without user and fragment')];
  }
  return url.origin === new URL(expectation.clientId).origin
    ? []
    : [fault('jwks_uri', 'jwks-uri-origin', 'on another origin than the client_id')];
}

// Schemes that run or read something in the browser that follows the redirect.
const unsafeScheme = /^(?:javascript|data|vbscript|file|blob|about|view-source):/i;

// RFC 6749 §3.1.2: absolute, without a fragment; CIMD-02 §4.2: compared exactly, so no wildcard.
function checkRedirectUris(json: JsonObject): readonly Fault[] {
  const uris = json['redirect_uris'];
  if (!isTextArray(uris)) return [];
  return uris.flatMap((uri, at) =>
    URL.canParse(uri) && !unsafeScheme.test(uri) && !/[#*\s]/.test(uri)
      ? []
      : [fault(`redirect_uris/${at}`, 'metadata-redirect-uri', 'not a usable redirect URI')],
  );
}

// CIMD-02 §8.6: URLs that a consent screen shows or loads have a scheme that is harmless there.
function checkPageUris(json: JsonObject, expectation: Expectation): readonly Fault[] {
  return ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri']
    .filter((name) => Object.hasOwn(json, name))
    .filter((name) => parsePageUrl(json[name], expectation) === undefined)
    .map((name) => fault(name, 'metadata-uri', 'not an https URL'));
}

function parsePageUrl(uri: JsonValue | undefined, options: UrlOptions): URL | undefined {
  if (typeof uri !== 'string' || /[\s\\]/.test(uri) || !URL.canParse(uri)) return undefined;
  const url = new URL(uri);
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'https:') return url;
  const development = options.allowLoopback === true && isLoopbackName(url.hostname);
  return url.protocol === 'http:' && development ? url : undefined;
}

function checkCredential(json: JsonObject): readonly Fault[] {
  return !Object.hasOwn(json, 'vc+jwt') || typeof json['vc+jwt'] === 'string'
    ? []
    : [fault('vc+jwt', 'credential-malformed', 'not one compact JWS in a string')];
}

function fault(path: string, rule: string, detail: string): Fault {
  return { pointer: `/${path}`, rule, detail };
}

function isTextArray(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
