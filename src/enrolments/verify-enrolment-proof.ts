import { createPublicKey, verify } from 'node:crypto';
import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import type { CompactJws } from '../protocol/compact-jws.ts';
import { type EnrolmentProof, parseEnrolmentProof } from '../protocol/enrolment-proof.ts';
import { algorithmFits, jwkThumbprint, type PublicJwk } from '../protocol/jwk.ts';
import { clockSkewMs } from '../protocol/limits.ts';

/** How old a proof may be, beside the difference of clocks that is forgiven. */
const proofLifeMs = 5 * 60_000;

/** What a proof has to fit. */
export interface ProofPlace {
  readonly key: PublicJwk;
  /** base64url SHA-256 of the token that came with the proof. */
  readonly tokenHash: string;
  readonly at: Date;
}

/**
 * Verifies that whoever sent the token holds the key: signed by it, for this token, just now. The
 * audience is left to whoever knows which registry the token belongs to. Throws
 * `enrolment-proof-invalid` and says what is wrong; that depends on nothing that is recorded here.
 */
export async function verifyEnrolmentProof(
  text: unknown,
  place: ProofPlace,
): Promise<EnrolmentProof> {
  const parsed = parseEnrolmentProof(text);
  if (!parsed.ok) throw proofInvalid(parsed.faults);
  const proof = parsed.value;
  const faults = [...(await headerFaults(proof.jws, place.key)), ...claimFaults(proof, place)];
  if (faults.length > 0) throw proofInvalid(faults);
  if (isSignedBy(proof.jws, place.key)) return proof;
  throw proofInvalid([{ pointer: '/signature', detail: 'was not made by the key in "jwk"' }]);
}

/** Refuses a proof that was made for another registry. */
export function checkAudience(proof: EnrolmentProof, baseUrl: string): void {
  if (proof.audience === baseUrl) return;
  throw proofInvalid([{ pointer: '/payload/aud', detail: `must be ${baseUrl}` }]);
}

async function headerFaults({ header }: CompactJws, key: PublicJwk): Promise<InputFault[]> {
  const isFitting = algorithmFits(header.alg, key);
  const isNamed = header.kid === (await jwkThumbprint(key));
  return [
    ...(isFitting ? [] : [{ pointer: '/header/alg', detail: 'is not the algorithm of the key' }]),
    ...(isNamed ? [] : [{ pointer: '/header/kid', detail: 'must be the thumbprint of the key' }]),
  ];
}

function claimFaults(proof: EnrolmentProof, { tokenHash, at }: ProofPlace): InputFault[] {
  const now = at.getTime();
  const issued = proof.issuedAt * 1_000;
  const isFresh = issued >= now - proofLifeMs - clockSkewMs && issued <= now + clockSkewMs;
  const hasEnded = proof.expiresAt !== null && proof.expiresAt * 1_000 <= now - clockSkewMs;
  return [
    ...(proof.tokenHash === tokenHash
      ? []
      : [{ pointer: '/payload/token_hash', detail: 'is not the SHA-256 of this token' }]),
    ...(isFresh ? [] : [{ pointer: '/payload/iat', detail: 'is not within the last 5 minutes' }]),
    ...(hasEnded ? [{ pointer: '/payload/exp', detail: 'is past' }] : []),
  ];
}

function isSignedBy({ text, signature }: CompactJws, key: PublicJwk): boolean {
  const signed = Buffer.from(text.slice(0, text.lastIndexOf('.')));
  const publicKey = createPublicKey({ key: { ...key }, format: 'jwk' });
  // RFC 7518 §3.4: R and S side by side, not in DER.
  const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  return verify(key.kty === 'EC' ? 'sha256' : null, signed, options, signature);
}

function proofInvalid(faults: readonly InputFault[]): SealwrightError {
  return new SealwrightError('enrolment-proof-invalid', 'The proof does not show the key.', {
    faults: faults.map(({ pointer, detail }) => ({ pointer: `/proof${pointer}`, detail })),
  });
}
