import { member, noneOf, withoutAny } from '../places.ts';
import type { Target } from '../target.ts';

/** Cloudflare's OAuth provider for Workers. */
export const cloudflare: Target = {
  id: 'cloudflare',
  name: '@cloudflare/workers-oauth-provider',
  versions: '1.2.3',
  basis: 'source',
  asOf: '2026-11-20',
  knowledge: 'whole',
  maxBytes: 5_120,
  extraMembers: 'dropped',
  cache: {
    minSeconds: 0,
    maxSeconds: 604_800,
    silentSeconds: 0,
    heeds: ['no-store', 's-maxage', 'max-age'],
  },
  enforces: ['cimd.json.encoding', 'cimd.redirect-uris.absent'],
  tolerates: [],
  rules: [
    {
      id: 'metadata.client-name',
      severity: 'error',
      message: 'It requires a client_name.',
      fix: 'Add a client_name.',
      find: withoutAny('client_name'),
    },
    {
      id: 'redirect-uris.absent',
      severity: 'error',
      message: 'It requires redirect_uris.',
      fix: 'Add a redirect URI.',
      find: withoutAny('redirect_uris'),
    },
    {
      id: 'metadata.auth-method',
      severity: 'error',
      message: 'It knows the authentication methods "none" and "private_key_jwt" only.',
      fix: 'Use one of them.',
      find: member('token_endpoint_auth_method', noneOf('none', 'private_key_jwt')),
    },
    {
      id: 'metadata.signing-alg',
      severity: 'error',
      message: 'It verifies assertions with RS256 and ES256 only.',
      fix: 'Use a P-256 key with ES256.',
      find: member('token_endpoint_auth_signing_alg', noneOf('RS256', 'ES256')),
    },
  ],
};
