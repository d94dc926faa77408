import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { Clock } from '../../src/kernel/clock.ts';

/** A key as the process of an agent holds it. */
export interface HeldKey {
  readonly alg: 'ES256' | 'Ed25519';
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** Makes a key for an agent that holds its own. */
export async function makeHeldKey(alg: HeldKey['alg']): Promise<HeldKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const { kty, crv, x, y } = await exportJWK(publicKey);
  const publicJwk = { kty, crv, x, ...(y === undefined ? {} : { y }) } as JWK;
  return { alg, kid: await calculateJwkThumbprint(publicJwk), privateKey, publicJwk };
}

/** A client assertion (RFC 7523 §2.2) for the server of this test, signed at that moment. */
export function signAssertion(key: HeldKey, clientId: string, at: Date): Promise<string> {
  const iat = Math.floor(at.getTime() / 1_000);
  return new SignJWT({ iss: clientId, sub: clientId, aud: issuer, iat, exp: iat + 60 })
    .setProtectedHeader({ alg: key.alg, kid: key.kid })
    .sign(key.privateKey);
}

const issuer = 'https://as.example';

interface Copy {
  readonly json: { readonly [member: string]: unknown };
  readonly fetchedAt: number;
}

/**
 * What an authorization server does with private_key_jwt, and nothing kinder: it reads the client
 * document and the key set, reuses both for as long as it may, and never asks again for a key that it
 * does not know.
 */
export class AssertionServer {
  readonly #clock: Clock;
  /** How long it reuses a document and a key set, in milliseconds. */
  readonly #reuse: { readonly documentMs: number; readonly keySetMs: number };
  readonly #copies = new Map<string, Copy>();

  constructor(clock: Clock, reuse: { readonly documentMs: number; readonly keySetMs: number }) {
    this.#clock = clock;
    this.#reuse = reuse;
  }

  /** `accepted`, or why not. */
  async authenticate(clientId: string, assertion: string): Promise<string> {
    const { documentMs, keySetMs } = this.#reuse;
    const { token_endpoint_auth_signing_alg: named, jwks_uri } = await this.#read(
      clientId,
      documentMs,
    );
    const keySet = await this.#read(String(jwks_uri), keySetMs);
    const { alg, kid } = JSON.parse(
      Buffer.from(assertion.split('.')[0] ?? '', 'base64url').toString(),
    );
    if (named !== undefined && named !== alg) return `wants ${named}, got ${alg}`;
    const jwk = (keySet['keys'] as readonly JWK[]).find((key) => key.kid === kid);
    if (jwk === undefined) return `knows no key ${kid}`;
    const options = { issuer: clientId, audience: issuer, currentDate: this.#clock.now() };
    return jwtVerify(assertion, await importJWK(jwk), options).then(
      () => 'accepted',
      (error: unknown) => String(error),
    );
  }

  async #read(url: string, reuseMs: number): Promise<Copy['json']> {
    const now = this.#clock.now().getTime();
    const held = this.#copies.get(url);
    if (held !== undefined && now - held.fetchedAt < reuseMs) return held.json;
    const json = await (await fetch(url)).json();
    this.#copies.set(url, { json, fetchedAt: now });
    return json;
  }
}
