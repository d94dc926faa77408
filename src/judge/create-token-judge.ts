import { type CryptoKey, compactVerify, errors, importJWK, type JWK } from 'jose';
import type { Clock } from '../kernel/clock.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { Fetch } from '../verifier/ports.ts';
import type { Judgement, TokenJudge } from '../workloads/token-judge.ts';
import type { WorkloadKind } from '../workloads/workload-rule.ts';
import type { WorkloadAlgorithm, WorkloadToken } from '../workloads/workload-token.ts';
import { IssuerKeys } from './issuer-keys.ts';

/** How tokens of other issuers are read: what may be fetched, and by which clock keys grow old. */
export interface TokenJudgeDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
}

/** Judges tokens by the keys that their issuers publish at this time. */
export function createTokenJudge(deps: TokenJudgeDeps): TokenJudge {
  const issuerKeys = new IssuerKeys(deps.fetch, deps.clock);
  return {
    async judge(token, source) {
      const found = await issuerKeys.find(source, token.kid);
      if (!found.ok) return { outcome: 'undetermined', why: found.why };
      const [key, ...others] = found.keys.filter((one) => isUsable(one, source.kind, token));
      if (key === undefined) return refused('no key of the issuer has this name and algorithm');
      // RFC 7517 §4.5: a name twice would leave the choice open.
      if (others.length > 0) return refused('two keys of the issuer have this name');
      return verify(token, key);
    },
  };
}

async function verify(token: WorkloadToken, key: JsonObject): Promise<Judgement> {
  try {
    const usable = await importKey(key, token.algorithm);
    await compactVerify(token.text, usable, { algorithms: [token.algorithm] });
    return { outcome: 'genuine' };
  } catch (error) {
    const isForged = error instanceof errors.JWSSignatureVerificationFailed;
    return refused(isForged ? 'the signature is not of this key' : 'the key cannot be used');
  }
}

/** Only the members that make the key, so that nothing else in it is acted upon. */
async function importKey(key: JsonObject, algorithm: WorkloadAlgorithm): Promise<CryptoKey> {
  const { kty, crv, x, y, n, e } = key as JWK;
  const members = Object.entries({ kty, crv, x, y, n, e }).filter(
    ([, value]) => value !== undefined,
  );
  const material: JWK = Object.fromEntries(members);
  const imported = await importJWK(material, algorithm);
  if (imported instanceof Uint8Array) throw new TypeError('A published key is not a public key.');
  return imported;
}

/** The kind of key that each algorithm is used with; RFC 8725 §3.1: the key decides, not the token. */
const keyKinds: Readonly<Record<WorkloadAlgorithm, string>> = {
  RS256: 'RSA',
  RS384: 'RSA',
  RS512: 'RSA',
  PS256: 'RSA',
  PS384: 'RSA',
  PS512: 'RSA',
  ES256: 'EC P-256',
  ES384: 'EC P-384',
  ES512: 'EC P-521',
  Ed25519: 'OKP Ed25519',
  EdDSA: 'OKP Ed25519',
};

function isUsable(key: JsonObject, kind: WorkloadKind, { algorithm }: WorkloadToken): boolean {
  const { kty, crv, use, alg, key_ops: operations } = key;
  const keyKind = crv === undefined ? String(kty) : `${String(kty)} ${String(crv)}`;
  // SPIFFE-TRUST-BUNDLE §4.2.2: `use` says which kind of document a key is for, and has to.
  const isForUse = kind === 'spiffe' ? use === 'jwt-svid' : use === undefined || use === 'sig';
  const isForVerifying =
    operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
  return (
    keyKind === keyKinds[algorithm] &&
    isForUse &&
    isForVerifying &&
    (alg === undefined || alg === algorithm)
  );
}

function refused(why: string): Judgement {
  return { outcome: 'refused', why };
}
