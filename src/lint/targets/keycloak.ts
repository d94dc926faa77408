import { pointerTo } from '../../protocol/parsed.ts';
import type { JsonValue } from '../../protocol/strict-json.ts';
import { namesOf, urlIn, when } from '../places.ts';
import type { Subject } from '../subject.ts';
import type { Target } from '../target.ts';

const guide = { basis: 'documentation', asOf: '2026-11-20' } as const;

/** The members that its parser knows; any other one makes it refuse the document. */
const knownMembers: ReadonlySet<string> = new Set(
  [
    'application_type authorization_encrypted_response_alg authorization_encrypted_response_enc',
    'authorization_signed_response_alg backchannel_authentication_request_signing_alg',
    'backchannel_client_notification_endpoint backchannel_logout_revoke_offline_tokens',
    'backchannel_logout_session_required backchannel_logout_uri backchannel_token_delivery_mode',
    'client_id client_id_issued_at client_name client_secret client_secret_expires_at client_uri',
    'contacts default_acr_values default_max_age dpop_bound_access_tokens',
    'frontchannel_logout_session_required frontchannel_logout_uri grant_types',
    'id_token_encrypted_response_alg id_token_encrypted_response_enc id_token_signed_response_alg',
    'initiate_login_uri jwks jwks_uri logo_uri policy_uri post_logout_redirect_uris redirect_uris',
    'registration_access_token registration_client_uri request_object_encryption_alg',
    'request_object_encryption_enc request_object_signing_alg request_uris require_auth_time',
    'require_pushed_authorization_requests response_types scope sector_identifier_uri software_id',
    'software_version subject_type tls_client_auth_subject_dn',
    'tls_client_certificate_bound_access_tokens token_endpoint_auth_method',
    'token_endpoint_auth_signing_alg tos_uri userinfo_encrypted_response_alg',
    'userinfo_encrypted_response_enc userinfo_signed_response_alg',
  ].flatMap((line) => line.split(' ')),
);

const uriMembers = ['client_uri', 'jwks_uri', 'logo_uri', 'policy_uri', 'tos_uri'];

/** Keycloak's experimental feature `cimd`, as a client policy with its executor. */
export const keycloak: Target = {
  id: 'keycloak',
  name: 'Keycloak',
  versions: '26.6 to 26.8',
  basis: 'source',
  asOf: '2026-11-20',
  knowledge: 'whole',
  maxBytes: 5_000,
  maxBytesGround: guide,
  extraMembers: 'refused',
  cache: {
    minSeconds: 300,
    maxSeconds: 259_200,
    silentSeconds: null,
    heeds: ['max-age'],
    remark: 'it stores the client; the bounds are settings',
    ground: guide,
  },
  enforces: [],
  tolerates: [],
  rules: [
    {
      id: 'metadata.unknown-members',
      severity: 'error',
      message: (places) =>
        `It refuses a document with members that it does not know, here ${namesOf(places)}.`,
      fix: 'Publish a second document without them, under a client_id of its own, for this server.',
      find: ({ json }) =>
        Object.keys(json)
          .filter((name) => !knownMembers.has(name))
          .map(pointerTo),
    },
    {
      id: 'url.query',
      severity: 'error',
      message: 'It takes no client_id with a query.',
      fix: 'Put what the query says into the path.',
      find: when(({ url }) => url?.includes('?') === true),
    },
    {
      id: 'metadata.uri-without-host',
      severity: 'error',
      message: 'It wants a host in every URI, so that schemes of apps are refused.',
      fix: 'Use https URIs on a domain that the server permits.',
      find: (subject) => placesOfUris(subject, (url) => url.hostname === ''),
    },
    {
      id: 'metadata.several-hosts',
      severity: 'warning',
      message: 'The host of every URI must be permitted by the server; these are on other hosts.',
      fix: 'Keep every URI on the host of the document, or have the operator permit those hosts.',
      find: (subject) => {
        const own = urlIn(subject.url)?.hostname;
        return placesOfUris(
          subject,
          ({ hostname }) => own !== undefined && hostname !== '' && hostname !== own,
        );
      },
    },
  ],
};

function placesOfUris({ json }: Subject, holds: (url: URL) => boolean): readonly string[] {
  const redirects = Array.isArray(json['redirect_uris']) ? json['redirect_uris'] : [];
  const uris: readonly (readonly [string, JsonValue | undefined])[] = [
    ...uriMembers.map((name) => [pointerTo(name), json[name]] as const),
    ...redirects.map(
      (uri: JsonValue, at: number) => [`/redirect_uris${pointerTo(at)}`, uri] as const,
    ),
  ];
  return uris.flatMap(([place, uri]) => {
    const url = urlIn(uri);
    return url !== undefined && holds(url) ? [place] : [];
  });
}
