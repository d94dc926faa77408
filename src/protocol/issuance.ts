import { type CompactJws, mediaType } from './compact-jws.ts';
import { parseDateTimeStamp } from './date-time.ts';
import { type DidWeb, parseDidUrl, parseDidWeb } from './did-web.ts';
import { maxNumericDateS } from './limits.ts';
import { accepted, type Parsed, type Refused, refused } from './parsed.ts';
import type { JsonValue } from './strict-json.ts';

/** The base context of every credential (VCDM-2.0 §4.3). */
export const credentialsContext = 'https://www.w3.org/ns/credentials/v2';

/** Who says that they issued a credential, and the time in which all its statements hold. */
export interface Issuance {
  readonly issuer: DidWeb;
  readonly validFrom: Date;
  /** undefined when the credential names no end. */
  readonly validUntil: Date | undefined;
}

/**
 * Parses what every secured credential says about its making: `issuer`, `iss` and the DID in `kid`
 * are one did:web identifier; the validity is where `validFrom` to `validUntil` and `iat` to `exp`
 * overlap. Rules: `credential-content-type`, `credential-issuer`, `issuer-mismatch`,
 * `credential-time`, `credential-validity`.
 */
export function parseIssuance(jws: CompactJws): Parsed<Issuance> {
  const { header, payload } = jws;
  // VC-JOSE-COSE §3.1.1: the content, when it is named, is a credential.
  if (header.cty !== undefined && mediaType(header.cty) !== 'vc') {
    return refused('/cty', 'credential-content-type', 'the content is not a credential');
  }
  const issuer = parseDidWeb(payload['issuer']);
  if (!issuer.ok) return refused('/issuer', 'credential-issuer', 'not a did:web identifier');
  const fault = findIssuerFault(jws, issuer.value);
  if (fault !== undefined) return fault;
  const start = parseInstants('/validFrom', payload['validFrom'], payload['iat']);
  const end = parseInstants('/validUntil', payload['validUntil'], payload['exp']);
  if (!start.ok) return start;
  if (!end.ok) return end;
  const validFrom = start.value.reduce(later, undefined);
  const validUntil = end.value.reduce(earlier, undefined);
  if (validFrom === undefined) {
    return refused('/validFrom', 'credential-time', 'has no beginning');
  }
  return validUntil !== undefined && validUntil <= validFrom
    ? refused('/validUntil', 'credential-validity', 'ends before it begins')
    : accepted({ issuer: issuer.value, validFrom, validUntil });
}

function findIssuerFault({ header, payload }: CompactJws, issuer: DidWeb): Refused | undefined {
  // VC-JOSE-COSE §4.1.2: `iss`, when there is one, is the issuer.
  if (payload['iss'] !== undefined && payload['iss'] !== issuer.did) {
    return refused('/iss', 'issuer-mismatch', 'issuer and iss are not the same');
  }
  // VC-JOSE-COSE §4.1.1: the kid names a key of the issuer, absolutely.
  const kid = parseDidUrl(header.kid);
  return kid.ok && kid.value.did.did === issuer.did
    ? undefined
    : refused('/kid', 'issuer-mismatch', 'the kid is not a key of the issuer');
}

/** The instants that a dateTimeStamp and a NumericDate name; absent ones are left out. */
function parseInstants(
  pointer: string,
  stamp: JsonValue | undefined,
  numeric: JsonValue | undefined,
): Parsed<readonly Date[]> {
  const instants: Date[] = [];
  if (stamp !== undefined) {
    const date = parseDateTimeStamp(stamp);
    if (!date.ok) return refused(pointer, 'credential-time', 'not a date and time with a zone');
    instants.push(date.value);
  }
  if (numeric !== undefined) {
    const date = parseNumericDate(numeric);
    if (date === undefined) return refused(pointer, 'credential-time', 'not a NumericDate');
    instants.push(date);
  }
  return accepted(instants);
}

/** A NumericDate in whole seconds after 1970 (RFC 7519 §2); undefined when it is none. */
export function parseNumericDate(value: JsonValue | undefined): Date | undefined {
  // RFC 7519 §2 allows fractions; issuers of credentials have no use for them.
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined;
  return value > 0 && value <= maxNumericDateS ? new Date(value * 1000) : undefined;
}

/** The whole seconds since 1970 of an instant. */
export function numericDateOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function later(a: Date | undefined, b: Date): Date {
  return a === undefined || b > a ? b : a;
}

function earlier(a: Date | undefined, b: Date): Date {
  return a === undefined || b < a ? b : a;
}
