import { pointerTo } from '../../protocol/parsed.ts';
import { isJsonObject, type JsonValue } from '../../protocol/strict-json.ts';
import {
  entries,
  isEmpty,
  isLoopbackUrl,
  isSameOrigin,
  member,
  members,
  noneOf,
  present,
  urlIn,
  when,
} from '../places.ts';
import type { Subject } from '../subject.ts';
import type { Target } from '../target.ts';

const curves = ['P-256', 'P-384', 'P-521', 'Ed25519'];
const algorithms = ['RS', 'PS', 'ES'].flatMap((kind) => [256, 384, 512].map((n) => `${kind}${n}`));
const scopes = ['openid', 'profile', 'email', 'offline_access'];
const filled = ['client_name', 'contacts', 'grant_types', 'post_logout_redirect_uris'];
const pages = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'];

/** In the table of clients, and not for a document to set. */
const serversOwn = [
  'backchannel_logout_session_required',
  'backchannel_logout_uri',
  'client_id_issued_at',
  'disabled',
  'enable_end_session',
  'reference_id',
  'require_pkce',
  'resources',
  'skip_consent',
  'user_id',
];

/**
 * Measured: test/lint/better-auth.test.ts gives the real server the same documents; the bounds of
 * its cache are read, not waited for. Its configuration is the default one; its profile for MCP is
 * the target mcp-2026-07-28.
 */
export const betterAuth: Target = {
  id: 'better-auth',
  name: '@better-auth/cimd',
  versions: '1.7.0-rc.4',
  basis: 'measured',
  asOf: '2026-11-21',
  knowledge: 'whole',
  maxBytes: 5_120,
  extraMembers: 'dropped',
  cache: {
    minSeconds: 0,
    maxSeconds: 3_600,
    silentSeconds: 3_600,
    heeds: ['no-store', 'private', 'max-age'],
    ground: { basis: 'source', asOf: '2026-11-20' },
  },
  enforces: [
    'cimd.url.scheme',
    'cimd.url.fragment',
    'cimd.url.userinfo',
    'cimd.url.path',
    'cimd.response.content-type',
    'cimd.secrets.client-secret',
    'cimd.secrets.auth-method',
    'cimd.keys.both',
    'cimd.keys.absent',
    'cimd.keys.shape',
    'cimd.keys.uri',
    'cimd.redirect-uris.absent',
  ],
  tolerates: ['cimd.secrets.private-key', 'cimd.metadata.page-uri', 'cimd.redirect-uris.form'],
  rules: [
    {
      id: 'url.loopback',
      severity: 'error',
      message: 'It reads no document on localhost.',
      fix: 'Publish the document on a public host.',
      find: when(({ url }) => isLoopbackUrl(url)),
    },
    {
      id: 'metadata.client-uri-origin',
      severity: 'error',
      message: 'It wants the client_uri on the origin of the client_id.',
      fix: 'Put the page of the client on the origin of its document.',
      find: member('client_uri', (uri, subject) => !isSameOrigin(uri, subject)),
    },
    {
      id: 'metadata.jwks-uri-origin',
      severity: 'error',
      message: 'It wants the jwks_uri on the origin of the client_id, or on one that it trusts.',
      fix: 'Put the key set on the origin of the document.',
      find: member('jwks_uri', (uri, subject) => !isSameOrigin(uri, subject)),
    },
    {
      id: 'metadata.logout-uri-origin',
      severity: 'error',
      message: 'It wants post_logout_redirect_uris on the origin of the client_id.',
      fix: 'Use URIs on the origin of the document.',
      find: entries('post_logout_redirect_uris', (uri, subject) => !isSameOrigin(uri, subject)),
    },
    {
      id: 'metadata.forbidden-member',
      severity: 'error',
      message: 'It forbids members that only the server may set.',
      fix: 'Remove them.',
      find: present(...serversOwn),
    },
    {
      id: 'metadata.empty',
      severity: 'error',
      message: 'It refuses members that are there and empty.',
      fix: 'Give them a value, or leave them out.',
      find: members(filled, (value) => isEmpty(typeof value === 'string' ? value.trim() : value)),
    },
    {
      id: 'metadata.auth-method',
      severity: 'error',
      message: 'It knows the authentication methods "private_key_jwt" and "none" only.',
      fix: 'Use "private_key_jwt".',
      find: member('token_endpoint_auth_method', noneOf('private_key_jwt', 'none')),
    },
    {
      id: 'metadata.signing-alg',
      severity: 'warning',
      message: 'It takes no assertion that is signed by this algorithm.',
      fix: 'Use a P-256 key with ES256.',
      find: member('token_endpoint_auth_signing_alg', noneOf(...algorithms, 'EdDSA')),
    },
    {
      id: 'metadata.scope',
      severity: 'error',
      message: 'It takes no scope but those of OpenID Connect, unless it is configured for more.',
      fix: 'Leave scope out.',
      find: member(
        'scope',
        (scope) =>
          typeof scope !== 'string' || scope.split(' ').some((word) => !scopes.includes(word)),
      ),
    },
    {
      id: 'metadata.grant-types',
      severity: 'error',
      message: 'It supports no other grants than by code, for the client itself, and by refresh.',
      fix: 'Name authorization_code, client_credentials and refresh_token only.',
      find: entries(
        'grant_types',
        noneOf('authorization_code', 'client_credentials', 'refresh_token'),
      ),
    },
    {
      id: 'metadata.response-types',
      severity: 'error',
      message: 'It knows the response type "code" only.',
      fix: 'Name no other response type.',
      find: entries('response_types', noneOf('code')),
    },
    {
      id: 'metadata.code-alone',
      severity: 'error',
      message: 'It wants the grant authorization_code and the response type "code" together.',
      fix: 'Name both, or neither.',
      find: when(({ json }) => {
        const { grant_types: grants = ['authorization_code'], response_types: responses } = json;
        const byCode = includes(grants, 'authorization_code');
        return responses !== undefined && includes(responses, 'code') !== byCode;
      }),
    },
    {
      id: 'metadata.application-type',
      severity: 'error',
      message: 'It knows the application types "web" and "native" only.',
      fix: 'Use "web" or "native", or leave the member out.',
      find: member('application_type', noneOf('web', 'native')),
    },
    {
      id: 'metadata.subject-type',
      severity: 'error',
      message: 'It takes no subject type but "public" unless it is configured for more.',
      fix: 'Leave subject_type out.',
      find: member('subject_type', noneOf('public')),
    },
    {
      id: 'metadata.page-uri',
      severity: 'error',
      message: 'It wants web addresses that are not on localhost for pages and logos.',
      fix: 'Use https on a public host, or leave the member out.',
      find: members(pages, isRefusedPage),
    },
    {
      id: 'redirect-uris.empty',
      severity: 'error',
      message: 'It refuses an empty redirect_uris.',
      fix: 'Add a redirect URI, or leave the member out.',
      find: member('redirect_uris', (uris) => Array.isArray(uris) && uris.length === 0),
    },
    {
      id: 'redirect-uris.form',
      severity: 'error',
      message: 'It does not take this redirect URI for this application type.',
      fix: 'Use https; without application_type, or for "native", also http to localhost or com.example:/x.',
      find: entries('redirect_uris', isRefusedRedirect),
    },
    {
      id: 'keys.private',
      severity: 'error',
      message: 'It refuses a jwks with private or symmetric keys.',
      fix: 'Publish public keys alone.',
      find: keysThat((key) => key['kty'] === 'oct' || Object.hasOwn(key, 'd')),
    },
    {
      id: 'keys.curve',
      severity: 'error',
      message: 'It takes no curve but P-256, P-384, P-521 and Ed25519.',
      fix: 'Use a P-256 key with ES256.',
      find: keysThat((key) => noneOf(...curves)(key['crv'] ?? null)),
    },
  ],
};

function keysThat(holds: (key: Readonly<Record<string, JsonValue>>) => boolean) {
  return ({ json: { jwks } }: Subject): readonly string[] => {
    const keys = jwks !== undefined && isJsonObject(jwks) ? jwks['keys'] : undefined;
    if (!Array.isArray(keys)) return [];
    return keys.flatMap((key: JsonValue, at) =>
      isJsonObject(key) && holds(key) ? [`/jwks/keys${pointerTo(at)}`] : [],
    );
  };
}

function includes(list: JsonValue, text: string): boolean {
  return Array.isArray(list) && list.includes(text);
}

function isRefusedPage(value: JsonValue): boolean {
  const url = urlIn(value);
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  return !isWeb || isLoopbackUrl(value) || `${url.username}${url.password}` !== '';
}

function isRefusedRedirect(entry: JsonValue, { json }: Subject): boolean {
  const url = urlIn(entry);
  if (url === undefined || url.href.includes('#')) return true;
  if (`${url.username}${url.password}` !== '') return true;
  const loopback = isLoopbackUrl(entry);
  if (url.protocol === 'https:') return loopback;
  if (json['application_type'] === 'web') return true;
  // It takes the scheme of an app for one when that is a domain name turned round.
  return url.protocol === 'http:' ? !loopback : !url.protocol.includes('.');
}
