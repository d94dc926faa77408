import { pointerTo } from '../../protocol/parsed.ts';
import { isJsonObject, type JsonValue } from '../../protocol/strict-json.ts';
import { entries, isSameOrigin, member, noneOf, present } from '../places.ts';
import type { Subject } from '../subject.ts';
import type { Target } from '../target.ts';

const curves = ['P-256', 'P-384', 'P-521', 'Ed25519'];

/** @better-auth/cimd with its default profile; its profile for MCP is the target mcp-2026-07-28. */
export const betterAuth: Target = {
  id: 'better-auth',
  name: '@better-auth/cimd',
  versions: '1.7.0-rc.4',
  basis: 'source',
  asOf: '2026-11-20',
  knowledge: 'whole',
  maxBytes: 5_120,
  extraMembers: 'dropped',
  cache: {
    minSeconds: 0,
    maxSeconds: 3_600,
    silentSeconds: 3_600,
    heeds: ['no-store', 'private', 'max-age'],
  },
  enforces: ['cimd.response.content-type'],
  tolerates: [],
  rules: [
    {
      id: 'metadata.client-uri-origin',
      severity: 'error',
      message: 'It wants the client_uri on the origin of the client_id.',
      fix: 'Put the page of the client on the origin of its document.',
      find: member('client_uri', (uri, subject) => !isSameOrigin(uri, subject)),
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
      find: present('resources', 'disabled', 'skip_consent', 'client_id_issued_at'),
    },
    {
      id: 'redirect-uris.empty',
      severity: 'error',
      message: 'It refuses an empty redirect_uris.',
      fix: 'Add a redirect URI, or leave the member out.',
      find: member('redirect_uris', (uris) => Array.isArray(uris) && uris.length === 0),
    },
    {
      id: 'keys.curve',
      severity: 'error',
      message: 'It takes no curve but P-256, P-384, P-521 and Ed25519.',
      fix: 'Use a P-256 key with ES256.',
      find: findOtherCurves,
    },
  ],
};

function findOtherCurves({ json }: Subject): readonly string[] {
  if (json['token_endpoint_auth_signing_alg'] === 'ES256K') {
    return ['/token_endpoint_auth_signing_alg'];
  }
  const jwks = json['jwks'];
  const keys = isJsonObject(jwks) ? jwks['keys'] : undefined;
  if (!Array.isArray(keys)) return [];
  return keys.flatMap((key: JsonValue, at) =>
    isJsonObject(key) && noneOf(...curves)(key['crv'] ?? null)
      ? [`/jwks/keys${pointerTo(at)}`]
      : [],
  );
}
