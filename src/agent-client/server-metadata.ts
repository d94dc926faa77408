import { askForJson } from './ask-for-json.ts';

/** What is read of an authorization server's metadata. */
export interface ServerMetadata {
  readonly issuer: string;
  readonly tokenEndpoint: string;
}

/**
 * Finds the token endpoint of an authorization server: by RFC 8414, else by OpenID Connect discovery.
 * The document has to name the very issuer that was asked for.
 *
 * @throws TypeError where there is no such document.
 */
export async function findServer(issuer: string): Promise<ServerMetadata> {
  for (const url of metadataUrls(issuer)) {
    const { status, json } = await askForJson(url, { headers: { accept: 'application/json' } });
    if (status !== 200) continue;
    const { issuer: named, token_endpoint: tokenEndpoint } = json;
    // RFC 8414 §3.3: another issuer would be sent an assertion that is not for it.
    if (named !== issuer) throw new TypeError('The metadata names another issuer.');
    if (typeof tokenEndpoint === 'string' && isSafe(tokenEndpoint)) {
      return { issuer, tokenEndpoint };
    }
    throw new TypeError('The metadata names no token endpoint over https.');
  }
  throw new TypeError('The issuer has no metadata: neither RFC 8414 nor OpenID Connect.');
}

// RFC 8414 §3.1: before the path of the issuer; OIDC-DISC §4: after it.
function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

/** Plain http is for this machine alone. */
function isSafe(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  const isHere = hostname === 'localhost' || hostname.endsWith('.localhost');
  return protocol === 'https:' || (protocol === 'http:' && isHere);
}
