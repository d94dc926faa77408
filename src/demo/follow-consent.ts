import { parseErrorResponse } from '@modelcontextprotocol/sdk/client/auth.js';
import { CustomOAuthError } from '@modelcontextprotocol/sdk/server/auth/errors.js';

const maxHops = 10;

/** An authorization request and what its answer must carry. */
export interface ConsentRequest {
  readonly authorizationUrl: URL;
  readonly redirectUri: string;
  /** RFC 9207: the `iss` of the answer. */
  readonly issuer: string;
  readonly state: string;
}

/**
 * Plays the browser: follows an authorization request through the server's consent until it sends
 * us to the redirect URI, which is not fetched, and returns the code. Throws OAuthError with the
 * server's own code when it refuses.
 */
export async function followConsent(request: ConsentRequest): Promise<string> {
  const cookies = new Map<string, string>();
  let url = request.authorizationUrl;
  for (let hop = 0; hop < maxHops; hop += 1) {
    const response = await fetch(url, { redirect: 'manual', headers: { cookie: line(cookies) } });
    keep(cookies, response.headers.getSetCookie());
    const location = response.headers.get('location');
    if (location === null) throw await parseErrorResponse(response);
    await response.body?.cancel();
    url = new URL(location, url);
    if (url.href.startsWith(`${request.redirectUri}?`)) return codeFrom(url, request);
  }
  throw new Error('The authorization server does not stop redirecting');
}

function codeFrom(answer: URL, request: ConsentRequest): string {
  const { error, error_description, code, iss, state } = Object.fromEntries(answer.searchParams);
  if (iss !== request.issuer || state !== request.state) {
    throw new Error('The answer comes from elsewhere, or answers another request');
  }
  if (error !== undefined) throw new CustomOAuthError(error, error_description ?? '');
  if (code === undefined) throw new Error('The answer has no code');
  return code;
}

function line(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
}

function keep(cookies: Map<string, string>, lines: readonly string[]): void {
  for (const [pair = ''] of lines.map((text) => text.split(';'))) {
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(name.length + 1);
    if (value === '') cookies.delete(name);
    else cookies.set(name, value);
  }
}
