import { encodeBase64url } from './base64url.ts';
import { type CompactJws, parseCompactJws } from './compact-jws.ts';
import type { SigningAlgorithm } from './jwk.ts';
import { maxNumericDateS } from './limits.ts';
import { accepted, type Fault, type Parsed, refusedAll } from './parsed.ts';
import type { JsonObject, JsonValue } from './strict-json.ts';
import { encodeUtf8 } from './utf8.ts';

/** RFC 8725 §3.11: a type of its own keeps the proof from passing for a client assertion. */
export const enrolmentProofType = 'sealwright-enrol+jwt';

/** A proof is a header and a handful of short claims. */
const maxProofBytes = 4_096;
// A SHA-256 in base64url.
const hashPattern = /^[A-Za-z0-9_-]{43}$/;

/** What somebody who enrols with a key claims to have signed with it. Nothing here is verified. */
export interface EnrolmentProof {
  readonly jws: CompactJws;
  /** The base URL of the organization that the proof is made for. */
  readonly audience: string;
  /** base64url SHA-256 of the enrolment token that the proof goes with. */
  readonly tokenHash: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  /** Seconds since 1970; null when the proof names no end of its own. */
  readonly expiresAt: number | null;
}

/** What a proof says. */
export interface EnrolmentProofOrder {
  readonly algorithm: SigningAlgorithm;
  /** RFC 7638 thumbprint of the key that signs: the `kid`. */
  readonly thumbprint: string;
  readonly audience: string;
  /** base64url SHA-256 of the text of the token. */
  readonly tokenHash: string;
  readonly at: Date;
}

/**
 * Takes a proof apart. Beside the rules of `parseCompactJws`, `proof-claim` names a claim that is
 * missing or of another form. Claims that are not used here are ignored (RFC 7519 §4).
 */
export function parseEnrolmentProof(text: unknown): Parsed<EnrolmentProof> {
  const jws = parseCompactJws(text, { maxBytes: maxProofBytes, typ: [enrolmentProofType] });
  if (!jws.ok) return jws;
  const { aud, token_hash: tokenHash, iat, exp } = jws.value.payload;
  const faults = claimFaults(jws.value.payload);
  if (typeof aud !== 'string' || typeof tokenHash !== 'string' || !isNumericDate(iat)) {
    return refusedAll(faults);
  }
  if (faults.length > 0) return refusedAll(faults);
  const expiresAt = isNumericDate(exp) ? exp : null;
  return accepted({ jws: jws.value, audience: aud, tokenHash, issuedAt: iat, expiresAt });
}

/** The text that a key signs for a proof: header and payload, as in RFC 7515 §7.1. */
export function enrolmentProofInput(order: EnrolmentProofOrder): string {
  const { algorithm, thumbprint, audience, tokenHash, at } = order;
  const header = { alg: algorithm, typ: enrolmentProofType, kid: thumbprint };
  const iat = Math.floor(at.getTime() / 1_000);
  const payload = { aud: audience, iat, token_hash: tokenHash };
  return `${encodeJson(header)}.${encodeJson(payload)}`;
}

function encodeJson(json: JsonObject): string {
  return encodeBase64url(encodeUtf8(JSON.stringify(json)));
}

function claimFaults({ aud, token_hash: tokenHash, iat, exp }: JsonObject): Fault[] {
  return [
    ...(typeof aud === 'string' ? [] : [fault('/aud', 'must be the base URL of the registry')]),
    ...(typeof tokenHash === 'string' && hashPattern.test(tokenHash)
      ? []
      : [fault('/token_hash', 'must be the SHA-256 of the token, in base64url')]),
    ...(isNumericDate(iat) ? [] : [fault('/iat', 'must be a time in seconds')]),
    ...(exp === undefined || isNumericDate(exp)
      ? []
      : [fault('/exp', 'must be a time in seconds')]),
  ];
}

function fault(claim: string, detail: string): Fault {
  return { pointer: `/payload${claim}`, rule: 'proof-claim', detail };
}

function isNumericDate(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && value >= 0 && value <= maxNumericDateS;
}
