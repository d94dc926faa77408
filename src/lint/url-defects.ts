import { parseClientId } from '../protocol/client-id.ts';
import type { UrlOptions } from '../protocol/document-url.ts';
import type { StandardId } from './standard-rules.ts';

/** The rule of `parseClientId` that was broken, as the rule of the standard behind it. */
const defects: Readonly<Record<string, StandardId>> = {
  'url-type': 'cimd.url.scheme',
  'url-scheme': 'cimd.url.scheme',
  'url-fragment': 'cimd.url.fragment',
  'url-userinfo': 'cimd.url.userinfo',
  'url-host': 'cimd.url.host',
  'url-port': 'cimd.url.port',
  'url-length': 'cimd.url.length',
};

/**
 * What is wrong with a client_id as a URL, before anything is fetched. Our parser is stricter than
 * the standard: what only the parser refuses has an id whose severity is `warning`.
 */
export function findUrlDefects(url: string, options: UrlOptions): readonly StandardId[] {
  const parsed = parseClientId(url, options);
  if (parsed.ok) return [];
  const rule = parsed.faults[0]?.rule ?? '';
  // CIMD-02 §3: a query is discouraged only, so the rest of the URL is judged too.
  if (rule === 'url-query') {
    return ['cimd.url.query', ...findUrlDefects(url.replace(/\?[^#]*/, ''), options)];
  }
  return [rule === 'url-path' ? pathDefect(url) : (defects[rule] ?? 'cimd.url.scheme')];
}

// CIMD-02 §3: a path is mandatory, "/" not recommended, dot segments forbidden. URL parsers resolve
// those, also when they are escaped, and escape what must be; the rest is ours.
function pathDefect(url: string): StandardId {
  if (!URL.canParse(url)) return 'cimd.url.path';
  const { href, pathname } = new URL(url);
  if (href !== url) return 'cimd.url.path';
  return pathname === '/' ? 'cimd.url.root-path' : 'cimd.url.unusual-path';
}
