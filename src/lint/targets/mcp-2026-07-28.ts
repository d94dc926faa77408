import { entries, isLoopbackUrl, member, urlIn, withoutAny } from '../places.ts';
import type { Target } from '../target.ts';

/** The authorization pages of the Model Context Protocol: a profile, which many servers follow. */
export const mcp: Target = {
  id: 'mcp-2026-07-28',
  name: 'MCP authorization',
  versions: '2026-07-28',
  basis: 'standard',
  asOf: '2026-07-28',
  knowledge: 'whole',
  maxBytes: null,
  extraMembers: 'accepted',
  cache: {
    minSeconds: 0,
    maxSeconds: null,
    silentSeconds: null,
    heeds: ['no-store', 'max-age'],
    remark: 'servers should follow the headers; the revision sets no bound',
  },
  enforces: ['cimd.url.scheme', 'cimd.redirect-uris.absent'],
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
      message: 'It requires redirect_uris, of clients that are never redirected to as well.',
      fix: 'Add a redirect URI, such as an inert page on the origin of the document.',
      find: withoutAny('redirect_uris'),
    },
    {
      id: 'redirect-uris.scheme',
      severity: 'error',
      message: 'It requires redirect URIs that are https or lead to localhost.',
      fix: 'Use https, or http to localhost.',
      find: entries(
        'redirect_uris',
        (uri) =>
          urlIn(uri) !== undefined && urlIn(uri)?.protocol !== 'https:' && !isLoopbackUrl(uri),
      ),
    },
    {
      id: 'redirect-uris.loopback-only',
      severity: 'warning',
      message: 'Every redirect URI leads to localhost, for which servers are asked to warn people.',
      fix: 'Add a redirect URI on the origin of the document, if there can be one.',
      find: member(
        'redirect_uris',
        (uris) => Array.isArray(uris) && uris.length > 0 && uris.every(isLoopbackUrl),
      ),
    },
  ],
};
