import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import {
  buildBitstringStatusList,
  encodeBitstring,
  setBit,
} from '../../../src/protocol/bitstring-status-list.ts';
import {
  buildClientMetadata,
  clientMetadataDigest,
} from '../../../src/protocol/client-metadata.ts';
import { buildDidDocument } from '../../../src/protocol/did-document.ts';
import { type Did, didWebOf } from '../../../src/protocol/did-web.ts';
import { jwkThumbprint, type PublicJwk, parsePublicJwk } from '../../../src/protocol/jwk.ts';
import { buildJwks } from '../../../src/protocol/jwks.ts';
import { buildPassport, type PassportInput } from '../../../src/protocol/passport.ts';
import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import type { TrustPolicy } from '../../../src/verifier/ports.ts';
import { createMemoryFetch, type MemoryAnswer, type MemoryFetch } from './memory-fetch.ts';

/** A key pair with the names it goes by. */
export interface TestKey {
  readonly privateKey: CryptoKey;
  readonly jwk: PublicJwk;
  readonly thumbprint: string;
  readonly alg: 'ES256' | 'Ed25519';
}

/** What a status list of the world is made of; everything has a valid default. */
export interface ListOrder {
  readonly purpose: 'revocation' | 'suspension';
  readonly set?: readonly number[];
  readonly validFrom?: Date;
  readonly validUntil?: Date;
  readonly ttlMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a payload is signed; the issuer's own way unless said otherwise. */
export interface Signing {
  readonly key?: TestKey;
  readonly header?: Readonly<Record<string, unknown>>;
}

/**
 * One issuer with one agent, published in memory with papers that are in order. A test changes one
 * thing and publishes that part anew.
 */
export interface PaperWorld {
  readonly fetch: MemoryFetch;
  readonly origin: string;
  readonly clientId: string;
  readonly jwksUri: string;
  readonly didUrl: string;
  readonly revocationList: string;
  readonly suspensionList: string;
  readonly tokenList: string;
  readonly issuer: Did;
  readonly issuerKey: TestKey;
  readonly agentKey: TestKey;
  readonly policy: TrustPolicy;
  /** The index of the passport in every list. */
  readonly index: number;
  readonly clock: () => number;
  advance(ms: number): void;
  /** The document without its passport. */
  readonly core: JsonObject;
  /** The payload of a passport that is in order, with these parts of its input changed. */
  passport(changes?: Partial<PassportInput>): Promise<JsonObject>;
  sign(payload: JsonObject, signing?: Signing): Promise<string>;
  serve(url: string, answer: MemoryAnswer): void;
  serveJson(url: string, json: unknown, headers?: Readonly<Record<string, string>>): void;
  /** Publishes the document with a passport; both can be replaced. */
  publish(parts?: { readonly core?: JsonObject; readonly jwt?: string | undefined }): Promise<void>;
  publishKeys(keys: readonly TestKey[]): void;
  publishIssuer(keys: readonly TestKey[]): void;
  publishList(order: ListOrder): Promise<void>;
}

const start = Date.parse('2026-11-20T12:00:00Z');
const dayMs = 86_400_000;
const bitsOfList = 131_072;

export async function createKey(alg: 'ES256' | 'Ed25519' = 'ES256'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const { alg: _alg, ...json } = await exportJWK(publicKey);
  const jwk = parsePublicJwk(json);
  if (!jwk.ok) {
    throw new Error('a generated key is a public key');
  }
  return { privateKey, jwk: jwk.value, thumbprint: await jwkThumbprint(jwk.value), alg };
}

/** Signs a payload as a compact JWS with any header. */
export async function signCompact(
  payload: JsonObject | string,
  key: TestKey,
  header: Readonly<Record<string, unknown>>,
): Promise<string> {
  const octets = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return new CompactSign(new TextEncoder().encode(octets))
    .setProtectedHeader({ alg: key.alg, ...header })
    .sign(key.privateKey);
}

export async function createPaperWorld(
  options: { readonly origin?: string; readonly issuerKey?: TestKey } = {},
): Promise<PaperWorld> {
  const origin = options.origin ?? 'https://id.acme.com';
  const fetch = createMemoryFetch({ allowLoopback: origin.startsWith('http:') });
  const base = `${origin}/a/billing-bot`;
  const issuer = didWebOf(origin);
  const issuerKey = options.issuerKey ?? (await createKey());
  const agentKey = await createKey();
  let now = start;

  const places = {
    clientId: `${base}/client.json`,
    jwksUri: `${base}/jwks.json`,
    didUrl: `${origin}/.well-known/did.json`,
    revocationList: `${origin}/status/7r`,
    suspensionList: `${origin}/status/7s`,
    tokenList: `${origin}/token-status/7`,
  };
  const index = 48_211;
  const core: JsonObject = {
    ...buildClientMetadata({
      clientId: places.clientId,
      clientName: 'Billing Bot',
      clientUri: base,
      applicationType: 'web',
      redirectUris: [`${base}/callback`],
      grantTypes: ['authorization_code', 'client_credentials'],
      signingAlg: 'ES256',
      jwksUri: places.jwksUri,
      contacts: ['agents@acme.com'],
    }),
  };

  const serveJson: PaperWorld['serveJson'] = (url, json, headers = {}) => {
    const usual = { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' };
    fetch.answers.set(url, { headers: { ...usual, ...headers }, body: JSON.stringify(json) });
  };
  const kidOf = (key: TestKey) => `${issuer}#${key.thumbprint}`;
  const sign: PaperWorld['sign'] = (payload, { key = issuerKey, header = {} } = {}) =>
    signCompact(payload, key, { kid: kidOf(key), typ: 'vc+jwt', cty: 'vc', ...header });

  const passport: PaperWorld['passport'] = async (changes = {}) =>
    buildPassport({
      origin,
      id: 'urn:uuid:6f3b0a4e-6a0b-4a3e-9a53-1f1a6f1a8c11',
      issuer,
      clientId: places.clientId,
      did: didWebOf(origin, ['a', 'billing-bot']),
      name: 'Billing Bot',
      agentType: 'agent',
      issuerDomain: new URL(origin).host,
      authorizedScopes: ['read:logs/production', 'write:tickets'],
      complianceAttestations: [
        { standard: 'ISO/IEC 27001:2022', validUntil: '2027-01-01T00:00:00Z' },
      ],
      jwkThumbprints: [agentKey.thumbprint],
      documentDigest: await clientMetadataDigest(core),
      validFrom: new Date(start - dayMs),
      validUntil: new Date(start + 6 * dayMs),
      status: { ...places, index },
      ...changes,
    });

  const world: PaperWorld = {
    fetch,
    origin,
    ...places,
    issuer,
    issuerKey,
    agentKey,
    index,
    core,
    policy: {
      mode: 'enforce',
      trust: [
        {
          issuer,
          clientIds: [`${origin}/a/`],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    },
    clock: () => now,
    advance: (ms) => {
      now += ms;
    },
    passport,
    sign,
    serve: (url, answer) => {
      fetch.answers.set(url, answer);
    },
    serveJson,
    publish: async (parts = {}) => {
      const jwt = 'jwt' in parts ? parts.jwt : await sign(await passport());
      const document = parts.core ?? core;
      serveJson(places.clientId, jwt === undefined ? document : { ...document, 'vc+jwt': jwt });
    },
    publishKeys: (keys) =>
      serveJson(
        places.jwksUri,
        buildJwks(keys.map(({ jwk, thumbprint }) => ({ kid: thumbprint, jwk }))),
      ),
    publishIssuer: (keys) =>
      serveJson(
        places.didUrl,
        buildDidDocument({
          did: issuer,
          keys: keys.map((key) => ({
            kid: kidOf(key),
            jwk: key.jwk,
            relationships: ['assertionMethod'],
          })),
        }),
      ),
    publishList: async (order) => {
      const url = order.purpose === 'revocation' ? places.revocationList : places.suspensionList;
      const bits = new Uint8Array(bitsOfList / 8);
      for (const bit of order.set ?? []) {
        setBit(bits, bit);
      }
      const payload = buildBitstringStatusList({
        url,
        issuer,
        purpose: order.purpose,
        encodedList: await encodeBitstring(bits),
        validFrom: order.validFrom ?? new Date(now),
        validUntil: order.validUntil ?? new Date(now + 900_000),
        ttlMs: order.ttlMs ?? 30_000,
        origin,
      });
      const headers = { 'content-type': 'application/vc+jwt', ...order.headers };
      fetch.answers.set(url, { headers, body: await sign(payload) });
    },
  };
  await world.publish();
  world.publishKeys([agentKey]);
  world.publishIssuer([issuerKey]);
  await world.publishList({ purpose: 'revocation' });
  await world.publishList({ purpose: 'suspension' });
  return world;
}
