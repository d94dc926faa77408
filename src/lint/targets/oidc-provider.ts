import { isJsonObject, type JsonValue } from '../../protocol/strict-json.ts';
import {
  entries,
  isEmpty,
  isLoopbackUrl,
  member,
  members,
  noneOf,
  sharesNone,
  urlIn,
  when,
} from '../places.ts';
import type { Subject } from '../subject.ts';
import type { Target } from '../target.ts';

const pageUris = [
  'client_uri',
  'initiate_login_uri',
  'jwks_uri',
  'logo_uri',
  'policy_uri',
  'sector_identifier_uri',
  'tos_uri',
];
const texts = [
  'application_type',
  'client_name',
  'id_token_signed_response_alg',
  'scope',
  'subject_type',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
];
const lists = ['contacts', 'default_acr_values', 'grant_types', 'redirect_uris', 'response_types'];
const grantTypes = ['authorization_code', 'client_credentials', 'implicit', 'refresh_token'];
const responseTypes = ['code', 'id_token', 'code id_token', 'none'];
const mailAddress = /^[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;
const schemesThatRun = ['javascript:', 'vbscript:', 'data:', 'blob:', 'file:', 'about:'];

/**
 * Measured: test/lint/oidc-provider.test.ts gives the real server the same documents; the bounds of
 * its cache are read, not waited for. Its configuration is the default one with client credentials
 * switched on; an operator may take more scopes, grants and algorithms, or fewer.
 */
export const oidcProvider: Target = {
  id: 'oidc-provider',
  name: 'node-oidc-provider',
  versions: '9.13.3',
  basis: 'measured',
  asOf: '2026-11-20',
  knowledge: 'whole',
  maxBytes: 5_120,
  extraMembers: 'kept-if-declared',
  cache: {
    minSeconds: 30,
    maxSeconds: 86_400,
    silentSeconds: 30,
    heeds: ['max-age'],
    remark: 'clientIdMetadataDocument.cacheDuration sets other bounds',
    ground: { basis: 'source', asOf: '2026-11-20' },
  },
  enforces: [
    'cimd.url.scheme',
    'cimd.url.fragment',
    'cimd.url.userinfo',
    'cimd.json.byte-order-mark',
    'cimd.secrets.client-secret',
    'cimd.secrets.auth-method',
    'cimd.metadata.type',
    'cimd.keys.both',
    'cimd.keys.absent',
    'cimd.keys.shape',
  ],
  tolerates: [
    'cimd.response.content-type',
    'cimd.secrets.private-key',
    'cimd.metadata.page-uri',
    'cimd.keys.uri',
    'cimd.redirect-uris.absent',
    'cimd.redirect-uris.form',
  ],
  rules: [
    {
      id: 'metadata.auth-method',
      severity: 'error',
      message: 'It needs token_endpoint_auth_method to say "private_key_jwt" or "none".',
      fix: 'Set token_endpoint_auth_method.',
      find: when(({ json }) => {
        const method = json['token_endpoint_auth_method'];
        return method !== 'private_key_jwt' && method !== 'none';
      }),
    },
    {
      id: 'metadata.signing-alg',
      severity: 'error',
      message: 'It does not take this algorithm for client authentication, and none without keys.',
      fix: 'Use ES256 with private_key_jwt; leave the member out with "none".',
      find: member(
        'token_endpoint_auth_signing_alg',
        (alg, { json }) =>
          json['token_endpoint_auth_method'] === 'none' ||
          noneOf('RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA')(alg),
      ),
    },
    {
      id: 'metadata.scope',
      severity: 'error',
      message: 'It refuses a document whose scope names one that the server is not configured for.',
      fix: 'Leave scope out: what a client may ask for is decided elsewhere.',
      find: member(
        'scope',
        (scope) =>
          typeof scope === 'string' &&
          scope.split(' ').some(noneOf('openid', 'offline_access', '')),
      ),
    },
    {
      id: 'metadata.contacts',
      severity: 'error',
      message: 'It takes nothing but mail addresses as contacts.',
      fix: 'Write bare mail addresses, or leave contacts out.',
      find: entries('contacts', (entry) => typeof entry === 'string' && !mailAddress.test(entry)),
    },
    {
      id: 'metadata.empty',
      severity: 'error',
      message: 'It refuses members of its own that are null, empty or no text.',
      fix: 'Leave out members that say nothing.',
      find: members(texts, (value) => typeof value !== 'string' || value === ''),
    },
    {
      id: 'metadata.list',
      severity: 'error',
      message: 'It refuses lists of its own that are no arrays of texts.',
      fix: 'Write an array of texts, or leave the member out.',
      find: members(
        lists,
        (value) =>
          !Array.isArray(value) || value.some((entry) => typeof entry !== 'string' || entry === ''),
      ),
    },
    {
      id: 'metadata.page-uri',
      severity: 'error',
      message: 'It takes nothing but https URLs for pages, logos and keys.',
      fix: 'Use https, or leave the member out.',
      find: members(pageUris, (uri) => urlIn(uri)?.protocol !== 'https:'),
    },
    {
      id: 'metadata.application-type',
      severity: 'error',
      message: 'It knows the application types "web" and "native" only.',
      fix: 'Use "web", or "native" for redirects to the own machine or to an app.',
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
      id: 'metadata.grant-types',
      severity: 'error',
      message: 'It supports none of the grant types.',
      fix: 'Name authorization_code, client_credentials or both.',
      find: member('grant_types', sharesNone(...grantTypes)),
    },
    {
      id: 'metadata.response-types',
      severity: 'error',
      message: 'It supports none of the response types.',
      fix: 'Use "code".',
      find: member('response_types', (types) => sharesNone(...responseTypes)(inOrder(types))),
    },
    {
      id: 'redirect-uris.absent',
      severity: 'error',
      message: 'It needs a redirect URI unless response_types is an empty array.',
      fix: 'Add a redirect URI.',
      find: when(
        ({ json }) =>
          isEmpty(json['redirect_uris']) &&
          !(Array.isArray(json['response_types']) && json['response_types'].length === 0),
      ),
    },
    {
      id: 'redirect-uris.form',
      severity: 'error',
      message: 'It does not take this redirect URI for this application type.',
      fix: 'Use https for "web"; for "native" https, http to loopback, or a scheme of the app.',
      find: entries('redirect_uris', isRefusedRedirect),
    },
    {
      id: 'keys.private',
      severity: 'error',
      message: 'It refuses a jwks with private or symmetric keys.',
      fix: 'Publish public keys alone.',
      find: member('jwks', (jwks) => {
        const keys = isJsonObject(jwks) ? jwks['keys'] : undefined;
        return Array.isArray(keys) && keys.some(isSecretKey);
      }),
    },
  ],
};

/** Response types with their words in order: `id_token code` is `code id_token`. */
function inOrder(types: JsonValue): JsonValue {
  if (!Array.isArray(types)) return types;
  return types.map((type: JsonValue) =>
    typeof type === 'string' ? type.split(' ').toSorted().join(' ') : type,
  );
}

function isRefusedRedirect(entry: JsonValue, { json }: Subject): boolean {
  const url = urlIn(entry);
  if (url === undefined || url.href.includes('#')) return true;
  const { protocol } = url;
  const native = json['application_type'] === 'native';
  if (!native) return protocol !== 'https:' && protocol !== 'http:';
  if (protocol === 'http:') return !isLoopbackUrl(entry);
  return protocol === 'https:' ? isLoopbackUrl(entry) : schemesThatRun.includes(protocol);
}

function isSecretKey(key: JsonValue): boolean {
  return isJsonObject(key) && (key['kty'] === 'oct' || ['d', 'p', 'q'].some((part) => part in key));
}
