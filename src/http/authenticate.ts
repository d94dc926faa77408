import type { Registry } from '../journeys/registry.ts';
import type { ApiToken, TokenScope } from '../organizations/api-token.ts';
import { Refusal } from './refusal.ts';

const bearerPattern = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i;
const challenge = 'Bearer realm="sealwright"';

/**
 * The token that opened the call. A missing, malformed, unknown, expired or revoked one is refused
 * in the same words; of one that was usable once, `onEnded` hears. It is looked up by its hash, so no comparison depends on how much of it fits.
 */
export async function authenticate(
  registry: Pick<Registry, 'authenticate'>,
  authorization: string | undefined,
  onEnded: (token: ApiToken) => void,
): Promise<ApiToken> {
  const text = bearerPattern.exec(authorization ?? '')?.[1];
  const token = text === undefined ? null : await registry.authenticate(text, onEnded);
  if (token !== null) return token;
  // RFC 6750 §3: the challenge names the scheme and the realm.
  throw new Refusal('unauthenticated', { headers: { 'WWW-Authenticate': challenge } });
}

/** Refuses a token without the scope, and names the scope. */
export function checkScope(token: ApiToken, scope: TokenScope | null): void {
  if (scope === null || token.scopes.includes(scope)) return;
  // RFC 6750 §3.1: insufficient_scope, with the scope that is necessary.
  throw new Refusal('not-permitted', {
    detail: `This call needs the scope ${scope}.`,
    headers: {
      'WWW-Authenticate': `${challenge}, error="insufficient_scope", scope="${scope}"`,
    },
  });
}

/** Refuses a token for one team or one agent where a call is about the whole organization. */
export function checkReach(
  { team, agentId }: ApiToken,
  route: { readonly servesNarrowTokens: boolean },
): void {
  if (route.servesNarrowTokens || (team === null && agentId === null)) return;
  throw new Refusal('not-permitted', {
    detail: 'This token reaches a part of the organization, and the call is about all of it.',
  });
}

/** Refuses a token that may not create organizations where a call is about all of them. */
export function checkPlatform(
  { platform }: ApiToken,
  route: { readonly forPlatform: boolean },
): void {
  if (!route.forPlatform || platform) return;
  throw new Refusal('not-permitted', {
    detail:
      'This call needs a platform token: the one that was given, or made, at the first start.',
  });
}
