import { member, noneOf, withoutAny } from '../places.ts';
import type { Target } from '../target.ts';

/** FastMCP for Python, as a server that reads documents. */
export const fastmcp: Target = {
  id: 'fastmcp',
  name: 'FastMCP',
  versions: '3',
  basis: 'source',
  asOf: '2026-11-20',
  knowledge: 'whole',
  maxBytes: 5_120,
  extraMembers: 'dropped',
  cache: {
    minSeconds: 0,
    maxSeconds: null,
    silentSeconds: 3_600,
    heeds: ['max-age'],
    remark: 'it asks again by ETag',
  },
  enforces: ['cimd.redirect-uris.absent'],
  tolerates: [],
  rules: [
    {
      id: 'redirect-uris.absent',
      severity: 'error',
      message: 'It requires redirect_uris.',
      fix: 'Add a redirect URI.',
      find: withoutAny('redirect_uris'),
    },
    {
      id: 'metadata.signing-alg',
      severity: 'warning',
      message: 'It takes the document, but in effect verifies assertions with RS256 only.',
      fix: 'Have the client use "none" there, or an RSA key.',
      find: member('token_endpoint_auth_signing_alg', noneOf('RS256')),
    },
    {
      id: 'metadata.audience',
      severity: 'notice',
      message: 'It wants assertions whose aud is the token endpoint, and that live 300 s at most.',
      fix: 'Have the client set aud for this server.',
      find: member('token_endpoint_auth_method', (method) => method === 'private_key_jwt'),
    },
  ],
};
