import { maxClientIdBytes } from '../../protocol/limits.ts';
import { encodeUtf8 } from '../../protocol/utf8.ts';
import { isLoopbackUrl, present, urlIn, when } from '../places.ts';
import type { Target } from '../target.ts';

/** Auth0, by its documentation of client registration by metadata document. */
export const auth0: Target = {
  id: 'auth0',
  name: 'Auth0',
  versions: '',
  basis: 'documentation',
  asOf: '2026-11-20',
  knowledge: 'whole',
  maxBytes: 5_120,
  extraMembers: 'dropped',
  cache: {
    minSeconds: 0,
    maxSeconds: null,
    silentSeconds: null,
    heeds: [],
    remark: 'a registered client is read again only when somebody asks for it',
  },
  enforces: ['cimd.url.fragment', 'cimd.url.path', 'cimd.secrets.private-key'],
  tolerates: [],
  rules: [
    {
      id: 'url.length',
      severity: 'error',
      message: `It takes a client_id of at most ${maxClientIdBytes} bytes.`,
      fix: 'Publish the document under a shorter URL.',
      find: when(({ url }) => url !== null && encodeUtf8(url).length > maxClientIdBytes),
    },
    {
      id: 'url.query',
      severity: 'error',
      message: 'It takes no client_id with a query.',
      fix: 'Put what the query says into the path.',
      find: when(({ url }) => url?.includes('?') === true),
    },
    {
      id: 'url.root-path',
      severity: 'error',
      message: 'It takes no client_id whose path is "/".',
      fix: 'Give it a path such as /agents/bot/client.json.',
      find: when(({ url }) => urlIn(url)?.pathname === '/'),
    },
    {
      id: 'url.loopback',
      severity: 'error',
      message: 'It reads no document on localhost.',
      fix: 'Publish the document on a public host.',
      find: when(({ url }) => isLoopbackUrl(url)),
    },
    {
      id: 'keys.inline',
      severity: 'error',
      message: 'It takes keys by jwks_uri only.',
      fix: 'Publish the keys at a jwks_uri, and remove jwks.',
      find: present('jwks'),
    },
  ],
};
