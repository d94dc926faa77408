import type { LintedResponse, LintInput } from '../../src/lint/subject.ts';
import { encodeBase64url } from '../../src/protocol/base64url.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';

/** A document with one defect, and the ids that it must be found by: these and no others. */
export interface BrokenDocument {
  readonly defect: string;
  readonly input: LintInput & { readonly url: string; readonly response: LintedResponse };
  readonly ids: readonly string[];
}

/** The public key of RFC 7515 appendix A.3. */
export const publicJwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
} as const;

/** The metadata of a client of somebody else, in order and without any credential. */
export function foreignMetadata(url: string): JsonObject {
  const base = url.replace(/\/[^/]*$/, '');
  return {
    client_id: url,
    client_name: 'Foreign Agent',
    client_uri: base,
    redirect_uris: [`${base}/callback`],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks_uri: `${base}/jwks.json`,
  };
}

/** The answer of a host that does everything right. */
export const goodResponse: LintedResponse = {
  status: 200,
  headers: new Map([
    ['content-type', 'application/json'],
    ['cache-control', 'public, max-age=300'],
  ]),
};

/** A compact JWS whose parts can be read and whose signature means nothing. */
export function compactOf(payload: JsonObject, header: JsonObject = {}): string {
  const full = { alg: 'ES256', kid: 'did:web:id.acme.com#k', typ: 'vc+jwt', cty: 'vc', ...header };
  const parts = [full, payload].map((part) => encodeBase64url(encodeUtf8(JSON.stringify(part))));
  return [...parts, encodeBase64url(new Uint8Array(64))].join('.');
}

type Change = (metadata: JsonObject, url: string) => JsonObject;
type Row = readonly [defect: string, id: string | readonly string[], change: Change];

const set =
  (members: JsonObject): Change =>
  (metadata) => ({ ...metadata, ...members });

const without =
  (...names: readonly string[]): Change =>
  (metadata) =>
    Object.fromEntries(Object.entries(metadata).filter(([name]) => !names.includes(name)));

const withKeys =
  (...keys: readonly JsonObject[]): Change =>
  (metadata) => ({ ...without('jwks_uri')(metadata, ''), jwks: { keys } });

const padded =
  (bytes: number): Change =>
  (metadata) => {
    const empty = JSON.stringify({ ...metadata, software_id: '' }).length;
    return { ...metadata, software_id: 'x'.repeat(bytes - empty) };
  };

const rows: readonly Row[] = [
  ['no client_id', 'cimd.client-id.missing', without('client_id')],
  ['a client_id that is a number', 'cimd.client-id.missing', set({ client_id: 7 })],
  [
    'a client_id with a slash too many',
    'cimd.client-id.mismatch',
    (metadata, url) => ({ ...metadata, client_id: `${url}/` }),
  ],
  ['a client secret', 'cimd.secrets.client-secret', set({ client_secret: 's3cret' })],
  ['the end of a secret, 0', 'cimd.secrets.client-secret', set({ client_secret_expires_at: 0 })],
  [
    'authentication with a secret',
    'cimd.secrets.auth-method',
    set({ token_endpoint_auth_method: 'client_secret_basic' }),
  ],
  ['a private key in jwks', 'cimd.secrets.private-key', withKeys({ ...publicJwk, d: 'AA' })],
  [
    'a private key in a member of its own',
    'cimd.secrets.private-key',
    set({ extra: { keys: [{ kty: 'oct', k: 'AA' }] } }),
  ],
  ['a name that is a number', 'cimd.metadata.type', set({ client_name: 7 })],
  ['a jwks_uri that is null', 'cimd.metadata.type', set({ jwks_uri: null })],
  ['redirect_uris in one text', 'cimd.metadata.type', set({ redirect_uris: 'https://a.example/' })],
  [
    'a grant type that is a number',
    'cimd.metadata.type',
    set({ grant_types: ['authorization_code', 7] }),
  ],
  [
    'no authentication method',
    'cimd.metadata.auth-method-absent',
    without('token_endpoint_auth_method', 'token_endpoint_auth_signing_alg'),
  ],
  ['jwks beside jwks_uri', 'cimd.keys.both', set({ jwks: { keys: [publicJwk] } })],
  ['authentication by key without a key', 'cimd.keys.absent', without('jwks_uri')],
  ['a jwks_uri over http', 'cimd.keys.uri', set({ jwks_uri: 'http://a.example/jwks.json' })],
  [
    'a jwks_uri with a fragment',
    'cimd.keys.uri',
    (metadata) => ({ ...metadata, jwks_uri: `${metadata['jwks_uri']}#1` }),
  ],
  [
    'a jwks_uri of somebody else',
    'cimd.keys.origin',
    set({ jwks_uri: 'https://keys.example/jwks.json' }),
  ],
  [
    'a jwks that is an array',
    'cimd.keys.shape',
    (metadata) => ({
      ...without('jwks_uri')(metadata, ''),
      jwks: [publicJwk],
    }),
  ],
  [
    'two keys of one name',
    'cimd.keys.kid',
    withKeys({ ...publicJwk, kid: 'a' }, { ...publicJwk, kid: 'a' }),
  ],
  ['a key off its curve', 'cimd.keys.malformed', withKeys({ ...publicJwk, y: publicJwk.x })],
  ['a key for encryption', 'cimd.keys.use', withKeys({ ...publicJwk, use: 'enc' })],
  ['a key of secp256k1', 'cimd.keys.unsupported', withKeys({ ...publicJwk, crv: 'secp256k1' })],
  ['no redirect_uris', 'cimd.redirect-uris.absent', without('redirect_uris')],
  ['empty redirect_uris', 'cimd.redirect-uris.absent', set({ redirect_uris: [] })],
  [
    'a redirect URI with a fragment',
    'cimd.redirect-uris.form',
    set({ redirect_uris: ['https://a.example/cb#x'] }),
  ],
  [
    'a redirect URI with a wildcard',
    'cimd.redirect-uris.form',
    set({ redirect_uris: ['https://*.a.example/cb'] }),
  ],
  [
    'a redirect URI that runs',
    'cimd.redirect-uris.form',
    set({ redirect_uris: ['javascript:alert(1)'] }),
  ],
  ['a relative redirect URI', 'cimd.redirect-uris.form', set({ redirect_uris: ['/callback'] })],
  ['a page over http', 'cimd.metadata.page-uri', set({ tos_uri: 'http://a.example/tos' })],
  ['a logo that runs', 'cimd.metadata.page-uri', set({ logo_uri: 'javascript:alert(1)' })],
  ['a credential as an object', 'cimd.vc-jwt.type', set({ 'vc+jwt': { proof: {} } })],
  ['a credential that is no JWS', 'cimd.vc-jwt.format', set({ 'vc+jwt': 'not.a.jws' })],
  [
    'a credential without a signature algorithm',
    'cimd.vc-jwt.header',
    set({ 'vc+jwt': compactOf({}, { alg: 'none' }) }),
  ],
  [
    'a credential about somebody else',
    'cimd.vc-jwt.subject',
    set({ 'vc+jwt': compactOf({ credentialSubject: { id: 'https://b.example/client.json' } }) }),
  ],
  ['one octet too many', 'cimd.document.size', padded(5_121)],
  ['hardly an octet left', 'cimd.document.near-limit', padded(5_001)],
];

type Octets = (text: string) => string | Uint8Array;

const texts: readonly (readonly [defect: string, id: string, change: Octets])[] = [
  ['a comma too many', 'cimd.json.syntax', (text) => text.replace(/\}$/, ',}')],
  ['nothing', 'cimd.json.syntax', () => ''],
  ['a page of an application', 'cimd.json.html', () => '\n<!doctype html><title>App</title>'],
  ['an array around it', 'cimd.json.not-object', (text) => `[${text}]`],
  ['a byte order mark', 'cimd.json.byte-order-mark', (text) => `\ufeff${text}`],
  [
    'a name in Latin-1',
    'cimd.json.encoding',
    (text) => Buffer.from(text.replace('Foreign', 'Für'), 'latin1'),
  ],
  [
    'a member named twice',
    'cimd.json.duplicate-member',
    (text) => text.replace(/\}$/, ',"client_name":"Other"}'),
  ],
  [
    'a member named twice, once escaped',
    'cimd.json.duplicate-member',
    (text) => text.replace(/\}$/, ',"client\\u005fname":"Other"}'),
  ],
  [
    'forty brackets',
    'cimd.json.depth',
    (text) => text.replace(/\}$/, `,"x":${'['.repeat(40)}${']'.repeat(40)}}`),
  ],
  [
    'a whole number with an exponent',
    'cimd.json.number',
    (text) => text.replace(/\}$/, ',"x":1E2}'),
  ],
  ['half of a character', 'cimd.json.surrogate', (text) => text.replace('Foreign', '\\ud800')],
  [
    'a name that reaches for prototypes',
    'cimd.json.member-name',
    (text) => text.replace(/\}$/, ',"__proto__":{}}'),
  ],
];

const answers: readonly (readonly [
  defect: string,
  id: string,
  change: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> },
])[] = [
  ['status 404', 'cimd.response.status', { status: 404 }],
  ['status 503', 'cimd.response.status', { status: 503 }],
  ['a redirect', 'cimd.response.redirect', { status: 302, headers: { location: '/' } }],
  ['a text', 'cimd.response.content-type', { headers: { 'content-type': 'text/plain' } }],
  ['no-store', 'cimd.response.no-store', { headers: { 'cache-control': 'no-store' } }],
  ['no lifetime', 'cimd.response.no-lifetime', { headers: { 'cache-control': 'public' } }],
  ['an answer that varies', 'cimd.response.vary', { headers: { vary: 'Accept' } }],
  ['a cookie', 'cimd.response.cookie', { headers: { 'set-cookie': 'a=b' } }],
];

const urls: readonly (readonly [defect: string, id: string, write: (origin: string) => string])[] =
  [
    ['a URL over http', 'cimd.url.scheme', (origin) => `${origin.replace('https', 'http')}/c`],
    ['a URL with a fragment', 'cimd.url.fragment', (origin) => `${origin}/c#x`],
    ['a URL with a user', 'cimd.url.userinfo', (origin) => `${origin.replace('//', '//u@')}/c`],
    ['a URL with dot segments', 'cimd.url.path', (origin) => `${origin}/a/../c`],
    ['a URL with escaped dot segments', 'cimd.url.path', (origin) => `${origin}/a/%2e%2e/c`],
    ['a URL without a path', 'cimd.url.path', (origin) => origin],
    ['the root as path', 'cimd.url.root-path', (origin) => `${origin}/`],
    ['a URL with a query', 'cimd.url.query', (origin) => `${origin}/c?id=1`],
    ['a URL with an empty segment', 'cimd.url.unusual-path', (origin) => `${origin}//c`],
    [
      'a URL in upper case',
      'cimd.url.host',
      (origin) => `${origin.replace('localhost', 'LOCALHOST')}/up`,
    ],
    ['a URL of 2,049 characters', 'cimd.url.length', (origin) => `${origin}/`.padEnd(2_049, 'c')],
  ];

/** Every broken document, as documents of this origin, each under a client_id of its own. */
export function brokenDocuments(origin: string): readonly BrokenDocument[] {
  const urlAt = (room: string, at: number) => `${origin}/${room}/${at}/client.json`;
  return [
    ...rows.map(([defect, ids, change], at) => {
      const url = urlAt('member', at);
      const body = JSON.stringify(change(foreignMetadata(url), url));
      return broken(defect, ids, { url, body });
    }),
    ...texts.map(([defect, id, change], at) => {
      const url = urlAt('text', at);
      return broken(defect, id, { url, body: change(JSON.stringify(foreignMetadata(url))) });
    }),
    ...answers.map(([defect, id, { status = 200, headers = {} }], at) => {
      const url = urlAt('answer', at);
      const response = {
        status,
        headers: new Map([...goodResponse.headers, ...Object.entries(headers)]),
      };
      return broken(defect, id, { url, body: JSON.stringify(foreignMetadata(url)), response });
    }),
    ...urls.map(([defect, id, write]) => {
      const url = write(origin);
      const metadata = {
        client_id: url,
        client_name: 'Foreign Agent',
        redirect_uris: ['https://a.example/cb'],
        token_endpoint_auth_method: 'none',
      };
      return broken(defect, id, { url, body: JSON.stringify(metadata) });
    }),
  ];
}

function broken(
  defect: string,
  ids: string | readonly string[],
  parts: {
    readonly url: string;
    readonly body: string | Uint8Array;
    readonly response?: LintedResponse;
  },
): BrokenDocument {
  const { url, response = goodResponse } = parts;
  const body = typeof parts.body === 'string' ? encodeUtf8(parts.body) : parts.body;
  return { defect, input: { url, response, body }, ids: typeof ids === 'string' ? [ids] : ids };
}
