import { parseDocumentUrl, type UrlOptions } from './document-url.ts';
import { accepted, type Parsed } from './parsed.ts';

declare const clientIdBrand: unique symbol;

/** A client identifier that is the URL of its metadata document (CIMD-02 §3). Compared with `===`. */
export type ClientId = string & { readonly [clientIdBrand]: true };

/**
 * Parses a client_id under the rules of CIMD-02 §3, read strictly: see `parseDocumentUrl` for what
 * is refused and under which rule.
 */
export function parseClientId(raw: unknown, options: UrlOptions = {}): Parsed<ClientId> {
  const parsed = parseDocumentUrl(raw, options);
  return parsed.ok ? accepted(parsed.value as ClientId) : parsed;
}
