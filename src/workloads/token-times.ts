import { clockSkewMs } from '../protocol/limits.ts';
import type { JsonObject, JsonValue } from '../protocol/strict-json.ts';

/** The longest life of a workload's token that is exchanged, in seconds. */
export const maxTokenLifeS = 86_400;

const skewS = clockSkewMs / 1000;

/** The times of a token (RFC 7519 §4.1.4 to §4.1.6), or what is wrong with them. */
export type TokenTimes =
  | { readonly ok: true; readonly expiresAt: Date }
  | { readonly ok: false; readonly why: string };

/**
 * Reads and judges the times of a token at this moment, with 60 seconds of skew: it has an end, which
 * is not past and at most a day ahead, and it began, at most a day ago where it says when.
 */
export function readTokenTimes(claims: JsonObject, now: Date): TokenTimes {
  const at = now.getTime() / 1000;
  const { exp, nbf, iat } = claims;
  if (!isMoment(exp)) return { ok: false, why: 'has no end' };
  if ((nbf !== undefined && !isMoment(nbf)) || (iat !== undefined && !isMoment(iat))) {
    return { ok: false, why: 'a time that is none' };
  }
  if (exp <= at - skewS) return { ok: false, why: 'expired' };
  if ((nbf ?? at) > at + skewS || (iat ?? at) > at + skewS) {
    return { ok: false, why: 'not yet valid' };
  }
  if (exp - (iat ?? at) > maxTokenLifeS + skewS || exp - at > maxTokenLifeS + skewS) {
    return { ok: false, why: 'lives longer than a day' };
  }
  return { ok: true, expiresAt: new Date(exp * 1000) };
}

function isMoment(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && value > 0;
}
