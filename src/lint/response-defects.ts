import { isJsonMediaType } from '../protocol/json-media-type.ts';
import { readCacheControl } from './cache-facts.ts';
import type { StandardId } from './standard-rules.ts';
import type { LintedResponse } from './subject.ts';

/** What is wrong with the answer around the document; of one without a document, only that. */
export function findResponseDefects(response: LintedResponse): readonly StandardId[] {
  const { status, headers } = response;
  if (status === 'redirect' || (status >= 300 && status < 400)) return ['cimd.response.redirect'];
  if (status !== 200) return ['cimd.response.status'];
  return [
    ...(isJsonMediaType(headers.get('content-type') ?? '')
      ? []
      : (['cimd.response.content-type'] as const)),
    ...cachingDefects(headers),
    // RFC 9111 §4.1: an answer that varies is another one for each kind of request.
    ...(headers.has('vary') ? (['cimd.response.vary'] as const) : []),
    ...(headers.has('set-cookie') ? (['cimd.response.cookie'] as const) : []),
  ];
}

function cachingDefects(headers: LintedResponse['headers']): readonly StandardId[] {
  const directives = readCacheControl(headers);
  if (directives.has('no-store')) return ['cimd.response.no-store'];
  // RFC 9111 §4.2.1: what gives an answer a lifetime.
  const lasting = directives.has('max-age') || directives.has('s-maxage') || headers.has('expires');
  return lasting || directives.has('no-cache') ? [] : ['cimd.response.no-lifetime'];
}
