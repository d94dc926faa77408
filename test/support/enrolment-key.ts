import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JsonObject } from '../../src/protocol/strict-json.ts';

/** A key that an agent made for itself. */
export interface EnrolmentKey {
  readonly privateKey: KeyObject;
  readonly jwk: JsonObject;
  /** RFC 7638. */
  readonly thumbprint: string;
  readonly alg: 'ES256' | 'EdDSA';
}

export function newEnrolmentKey(kind: 'P-256' | 'Ed25519' = 'P-256'): EnrolmentKey {
  const { privateKey, publicKey } =
    kind === 'P-256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  const jwk = JSON.parse(JSON.stringify({ crv, kty, x, y })) as JsonObject;
  const thumbprint = sha256(JSON.stringify(jwk));
  return { privateKey, jwk, thumbprint, alg: kind === 'P-256' ? 'ES256' : 'EdDSA' };
}

/** What may be wrong with a proof. */
export interface ProofChanges {
  readonly header?: JsonObject;
  readonly payload?: JsonObject;
  /** Signs in the place of the key. */
  readonly signedBy?: EnrolmentKey;
}

interface ProofOrder {
  readonly token: string;
  readonly audience: string;
  readonly key: EnrolmentKey;
  readonly at: Date;
}

/** The proof as docs/enrolment.md says it, made without any code of ours. */
export function enrolmentProof(order: ProofOrder, changes: ProofChanges = {}): string {
  const { token, audience, key, at } = order;
  const header = {
    alg: key.alg,
    typ: 'sealwright-enrol+jwt',
    kid: key.thumbprint,
    ...changes.header,
  };
  const iat = Math.floor(at.getTime() / 1_000);
  const payload = { aud: audience, iat, token_hash: sha256(token), ...changes.payload };
  const input = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const { privateKey, alg } = changes.signedBy ?? key;
  const options = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  const signature = sign(alg === 'ES256' ? 'sha256' : null, Buffer.from(input), options);
  return `${input}.${signature.toString('base64url')}`;
}

/** The members of a request that belong together. */
export function enrolmentRequest(order: ProofOrder, changes: ProofChanges = {}) {
  return { token: order.token, jwk: order.key.jwk, proof: enrolmentProof(order, changes) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
