import type { RequestListener } from 'node:http';
import type { Metrics } from '../metrics/metrics.ts';

/** What the end of a path says about the document there, the most frequent first. */
const kinds: readonly (readonly [kind: string, path: RegExp])[] = [
  ['client', /\/client\.json$/],
  ['status-list', /\/status\/\d+[rs]$/],
  ['token-status-list', /\/token-status\/\d+$/],
  ['jwks', /\/jwks\.json$/],
  ['did', /\/did\.json$/],
  ['credential', /\/credentials\/[^/]+$|\/passport\.jwt$/],
  ['facet-listing', /\/credentials$/],
  ['schema', /\/schemas\/[^/]+$/],
  ['context', /\/contexts\/[^/]+$/],
  ['problem', /\/problems\/[^/]+$/],
  ['callback', /\/callback$/],
  ['page', /\/a\/[^/]+$/],
];

/** The same listener; its answers are counted by the kind of document, never by path. */
export function countDocuments(
  listener: RequestListener,
  metrics: Pick<Metrics, 'countDocument'>,
): RequestListener {
  return (request, response) => {
    const kind = kindOf(request.url ?? '/');
    if (kind !== null) {
      response.once('finish', () => metrics.countDocument(kind, response.statusCode));
    }
    listener(request, response);
  };
}

/** The kind of document that a target asks for; null for what no document of ours is called. */
function kindOf(target: string): string | null {
  if (target.startsWith('/api/')) return null;
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return kinds.find(([, pattern]) => pattern.test(path))?.[0] ?? null;
}
