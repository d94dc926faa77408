import { entries, member, sharesNone } from '../places.ts';
import type { Target } from '../target.ts';

/** Microsoft Entra ID, in public preview: an administrator adds the document. */
export const entra: Target = {
  id: 'entra',
  name: 'Microsoft Entra ID',
  versions: 'public preview',
  basis: 'documentation',
  asOf: '2026-10-07',
  knowledge: 'partial',
  maxBytes: null,
  extraMembers: 'unknown',
  cache: { minSeconds: 0, maxSeconds: null, silentSeconds: null, heeds: [] },
  enforces: [],
  tolerates: [],
  rules: [
    {
      id: 'metadata.grant-types',
      severity: 'error',
      message: 'It knows the authorization code grant with PKCE only.',
      fix: 'Name authorization_code among the grant_types.',
      find: member('grant_types', sharesNone('authorization_code')),
    },
    {
      id: 'metadata.client-credentials',
      severity: 'warning',
      message: 'It does not give tokens by client_credentials to such clients.',
      fix: 'Do not rely on that grant there.',
      find: entries('grant_types', (grant) => grant === 'client_credentials'),
    },
  ],
};
