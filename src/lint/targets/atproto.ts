import type { JsonValue } from '../../protocol/strict-json.ts';
import {
  entries,
  isEmpty,
  isSameOrigin,
  member,
  noneOf,
  present,
  urlIn,
  when,
  withoutAny,
} from '../places.ts';
import type { Subject } from '../subject.ts';
import type { Target } from '../target.ts';

/** The OAuth server of the AT Protocol, which takes clients of that protocol and no others. */
export const atproto: Target = {
  id: 'atproto',
  name: '@atproto/oauth-provider',
  versions: '0.22.9',
  basis: 'source',
  asOf: '2026-11-20',
  knowledge: 'whole',
  maxBytes: 524_288,
  extraMembers: 'dropped',
  cache: { minSeconds: 600, maxSeconds: 600, silentSeconds: 600, heeds: [] },
  enforces: [
    'cimd.keys.both',
    'cimd.keys.absent',
    'cimd.redirect-uris.absent',
    'cimd.secrets.auth-method',
  ],
  tolerates: [],
  rules: [
    {
      id: 'response.content-type',
      severity: 'error',
      message: 'It takes no content type but application/json.',
      fix: 'Serve the document with Content-Type: application/json.',
      find: when(({ response }) => response !== null && !isPlainJson(response.headers)),
    },
    {
      id: 'url.port',
      severity: 'error',
      message: 'It reads no document at a port of its own.',
      fix: 'Serve the document on the default port.',
      find: when(({ url }) => (urlIn(url)?.port ?? '') !== ''),
    },
    {
      id: 'metadata.scope',
      severity: 'error',
      message: 'It takes clients of the AT Protocol only: scope must name "atproto".',
      fix: 'Publish a document for it under a client_id of its own; other servers refuse that scope.',
      find: when(({ json }) => !wordsIn(json['scope']).includes('atproto')),
    },
    {
      id: 'metadata.dpop',
      severity: 'error',
      message: 'It requires dpop_bound_access_tokens to be true.',
      fix: 'Set dpop_bound_access_tokens to true, and use DPoP.',
      find: when(({ json }) => json['dpop_bound_access_tokens'] !== true),
    },
    {
      id: 'metadata.grant-types',
      severity: 'error',
      message: 'It knows the grants authorization_code and refresh_token only.',
      fix: 'Name no other grant in the document for it.',
      find: entries('grant_types', noneOf('authorization_code', 'refresh_token')),
    },
    {
      id: 'metadata.response-types',
      severity: 'error',
      message: 'It knows the response type "code" only.',
      fix: 'Name no other response type.',
      find: entries('response_types', noneOf('code')),
    },
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
      message:
        'It wants token_endpoint_auth_signing_alg with private_key_jwt, and not with "none".',
      fix: 'Say "ES256" with private_key_jwt; leave the member out with "none".',
      find: when(({ json }) => {
        const named = !isEmpty(json['token_endpoint_auth_signing_alg']);
        const method = json['token_endpoint_auth_method'];
        return method === 'private_key_jwt' ? !named : method === 'none' && named;
      }),
    },
    {
      id: 'metadata.openid-member',
      severity: 'error',
      message: 'It refuses members of OpenID Connect.',
      fix: 'Remove them.',
      find: present(
        'default_max_age',
        'userinfo_signed_response_alg',
        'id_token_signed_response_alg',
        'userinfo_encrypted_response_alg',
      ),
    },
    {
      id: 'metadata.client-uri',
      severity: 'error',
      message: 'It wants the client_uri on the origin of the client_id, at a path above it.',
      fix: 'Put the page of the client above its document.',
      find: member('client_uri', (uri, subject) => !isAbove(uri, subject)),
    },
    {
      id: 'redirect-uris.absent',
      severity: 'error',
      message: 'It requires redirect_uris.',
      fix: 'Add a redirect URI.',
      find: withoutAny('redirect_uris'),
    },
    {
      id: 'redirect-uris.host',
      severity: 'error',
      message: 'It wants https redirect URIs on the host of the client_id.',
      fix: 'Use redirect URIs on the host of the document.',
      find: entries('redirect_uris', (uri, { url }) => {
        const [own, redirect] = [urlIn(url), urlIn(uri)];
        return own !== undefined && redirect?.protocol === 'https:' && redirect.host !== own.host;
      }),
    },
  ],
};

function isPlainJson(headers: ReadonlyMap<string, string>): boolean {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase() === 'application/json';
}

function wordsIn(value: JsonValue | undefined): readonly string[] {
  return typeof value === 'string' ? value.split(' ') : [];
}

function isAbove(uri: JsonValue, subject: Subject): boolean {
  const [own, page] = [urlIn(subject.url), urlIn(uri)];
  if (own === undefined || page === undefined) return true;
  const above = page.pathname.endsWith('/') ? page.pathname : `${page.pathname}/`;
  return isSameOrigin(uri, subject) && `${own.pathname}/`.startsWith(above);
}
