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
import { formatDateTime } from '../../../src/protocol/date-time.ts';
import { buildDidDocument } from '../../../src/protocol/did-document.ts';
import { type Did, didWebOf } from '../../../src/protocol/did-web.ts';
import { sha256Base64url } from '../../../src/protocol/digest.ts';
import { buildFacet, type FacetInput } from '../../../src/protocol/facet.ts';
import { jwkThumbprint, type PublicJwk, parsePublicJwk } from '../../../src/protocol/jwk.ts';
import { buildJwks } from '../../../src/protocol/jwks.ts';
import { buildPassport, type PassportInput } from '../../../src/protocol/passport.ts';
import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import type { ApprovalStore } from '../../../src/verifier/approvals.ts';
import type { VerifierOptions } from '../../../src/verifier/create-verifier.ts';
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
  /** Who signs it; the issuer's own key unless given. */
  readonly key?: TestKey;
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

/** A facet to publish, and how its entry in the listing differs from what it should be. */
export interface FacetPublication {
  readonly jwt: string;
  /** As in the listing; `allowed-actions` unless said otherwise. */
  readonly type?: string;
  readonly url?: string;
  readonly sha256?: string;
  readonly validUntil?: Date;
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

/** Starts a world whose papers are all in order. */
export async function createPaperWorld(origin = 'https://id.acme.com'): Promise<PaperWorld> {
  const world = new PaperWorld(origin, {
    issuerKey: await createKey(),
    agentKey: await createKey(),
  });
  await world.publish();
  world.publishKeys([world.agentKey]);
  world.publishIssuer([world.issuerKey]);
  await world.publishList({ purpose: 'revocation' });
  await world.publishList({ purpose: 'suspension' });
  return world;
}

/**
 * One issuer with one agent, published in memory. A test changes one thing and publishes that part
 * anew.
 */
export class PaperWorld {
  readonly fetch: MemoryFetch;
  readonly origin: string;
  readonly clientId: string;
  readonly jwksUri: string;
  readonly didUrl: string;
  readonly revocationList: string;
  readonly suspensionList: string;
  readonly tokenList: string;
  /** Where the organization lists the facets that it publishes; nothing is there at first. */
  readonly facetListing: string;
  readonly issuer: Did;
  readonly issuerKey: TestKey;
  readonly agentKey: TestKey;
  readonly policy: TrustPolicy;
  /** The index of the passport in every list. */
  readonly index = 48_211;
  /** The index of a facet in every list, unless it is given another. */
  readonly facetIndex = 52_007;
  /** The document without its passport. */
  readonly core: JsonObject;
  /** What the operator decided about single clients; nothing is kept at first. */
  approvals: ApprovalStore | undefined;
  #now = start;

  constructor(origin: string, keys: { readonly issuerKey: TestKey; readonly agentKey: TestKey }) {
    this.fetch = createMemoryFetch({ allowLoopback: origin.startsWith('http:') });
    this.origin = origin;
    const base = `${origin}/a/billing-bot`;
    this.clientId = `${base}/client.json`;
    this.jwksUri = `${base}/jwks.json`;
    this.didUrl = `${origin}/.well-known/did.json`;
    this.revocationList = `${origin}/status/7r`;
    this.suspensionList = `${origin}/status/7s`;
    this.tokenList = `${origin}/token-status/7`;
    this.facetListing = `${base}/credentials`;
    this.issuer = didWebOf(origin);
    this.issuerKey = keys.issuerKey;
    this.agentKey = keys.agentKey;
    this.core = coreOf(base);
    const credentialTypes = ['AgentAuthorizationCredential'];
    const entry = { issuer: this.issuer, clientIds: [`${origin}/a/`], credentialTypes };
    this.policy = { mode: 'enforce', trust: [entry] };
  }

  readonly clock = (): number => this.#now;

  advance(ms: number): void {
    this.#now += ms;
  }

  /** What `createVerifier` takes, with the policy of this world unless another is given. */
  options(policy: TrustPolicy = this.policy): VerifierOptions {
    const { fetch, clock, approvals } = this;
    return { fetch, clock, policy, ...(approvals === undefined ? {} : { approvals }) };
  }

  kidOf(key: TestKey): string {
    return `${this.issuer}#${key.thumbprint}`;
  }

  /** The payload of a passport that is in order, with these parts of its input changed. */
  async passport(changes: Partial<PassportInput> = {}): Promise<JsonObject> {
    const { revocationList, suspensionList, tokenList, index } = this;
    return buildPassport({
      origin: this.origin,
      id: 'urn:uuid:6f3b0a4e-6a0b-4a3e-9a53-1f1a6f1a8c11',
      issuer: this.issuer,
      clientId: this.clientId,
      did: didWebOf(this.origin, ['a', 'billing-bot']),
      name: 'Billing Bot',
      agentType: 'agent',
      issuerDomain: new URL(this.origin).host,
      authorizedScopes: ['read:logs/production', 'write:tickets'],
      complianceAttestations: [
        { standard: 'ISO/IEC 27001:2022', validUntil: '2027-01-01T00:00:00Z' },
      ],
      jwkThumbprints: [this.agentKey.thumbprint],
      documentDigest: await clientMetadataDigest(this.core),
      validFrom: new Date(start - dayMs),
      validUntil: new Date(start + 6 * dayMs),
      status: { revocationList, suspensionList, tokenList, index },
      ...changes,
    });
  }

  /** Signs as the issuer, unless told otherwise. */
  sign(payload: JsonObject, { key = this.issuerKey, header = {} }: Signing = {}): Promise<string> {
    return signCompact(payload, key, {
      kid: this.kidOf(key),
      typ: 'vc+jwt',
      cty: 'vc',
      ...header,
    });
  }

  /** A passport that is in order but for these changes, signed. */
  async issue(changes: Partial<PassportInput> = {}): Promise<string> {
    return this.sign(await this.passport(changes));
  }

  /** The payload of a facet that is in order, with these parts of its input changed. */
  facet(changes: Partial<FacetInput> & { readonly index?: number } = {}): JsonObject {
    const { revocationList, suspensionList, tokenList } = this;
    const { index = this.facetIndex, ...parts } = changes;
    return buildFacet({
      type: 'allowed-actions',
      origin: this.origin,
      id: 'urn:uuid:0e4f8f0e-5b0a-4b55-8a0c-2f1df3e0a001',
      issuer: this.issuer,
      clientId: this.clientId,
      did: didWebOf(this.origin, ['a', 'billing-bot']),
      name: 'Billing Bot',
      claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
      validFrom: new Date(start - dayMs),
      validUntil: new Date(start + 90 * dayMs),
      status: { revocationList, suspensionList, tokenList, index },
      ...parts,
    });
  }

  /** A facet that is in order but for these changes, signed. */
  issueFacet(changes: Partial<FacetInput> & { readonly index?: number } = {}): Promise<string> {
    return this.sign(this.facet(changes));
  }

  /** Publishes facets beside the document, and the listing that names them and no others. */
  async publishFacets(
    facets: readonly FacetPublication[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const listing = await Promise.all(
      facets.map(async ({ jwt, type = 'allowed-actions', ...entry }, at) => {
        const { url = `${this.facetListing}/crd_${at}`, validUntil } = entry;
        const sha256 = entry.sha256 ?? (await sha256Base64url(jwt));
        const immutable = 'public, max-age=31536000, immutable';
        const types = { 'content-type': 'application/vc+jwt', 'cache-control': immutable };
        this.serve(url, { headers: types, body: jwt });
        const end = formatDateTime(validUntil ?? new Date(start + 90 * dayMs));
        return { type, url, sha256, validUntil: end };
      }),
    );
    this.serveJson(this.facetListing, listing, headers);
  }

  serve(url: string, answer: MemoryAnswer): void {
    this.fetch.answers.set(url, answer);
  }

  serveJson(url: string, json: unknown, headers: Readonly<Record<string, string>> = {}): void {
    const usual = { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' };
    this.serve(url, { headers: { ...usual, ...headers }, body: JSON.stringify(json) });
  }

  /** Publishes the document with a passport; both can be replaced. */
  async publish(
    parts: { readonly core?: JsonObject; readonly jwt?: string | undefined } = {},
  ): Promise<void> {
    const jwt = 'jwt' in parts ? parts.jwt : await this.issue();
    const document = parts.core ?? this.core;
    this.serveJson(this.clientId, jwt === undefined ? document : { ...document, 'vc+jwt': jwt });
  }

  publishKeys(keys: readonly TestKey[]): void {
    const named = keys.map(({ jwk, thumbprint }) => ({ kid: thumbprint, jwk }));
    this.serveJson(this.jwksUri, buildJwks(named));
  }

  publishIssuer(keys: readonly TestKey[], headers: Readonly<Record<string, string>> = {}): void {
    const relationships = ['assertionMethod'] as const;
    const listed = keys.map((key) => ({ kid: this.kidOf(key), jwk: key.jwk, relationships }));
    this.serveJson(this.didUrl, buildDidDocument({ did: this.issuer, keys: listed }), headers);
  }

  async publishList(order: ListOrder): Promise<void> {
    const url = order.purpose === 'revocation' ? this.revocationList : this.suspensionList;
    const payload = buildBitstringStatusList({
      url,
      issuer: this.issuer,
      purpose: order.purpose,
      encodedList: await encodeBitstring(bitsWith(order.set ?? [])),
      validFrom: order.validFrom ?? new Date(this.#now),
      validUntil: order.validUntil ?? new Date(this.#now + 900_000),
      ttlMs: order.ttlMs ?? 30_000,
      origin: this.origin,
    });
    const headers = { 'content-type': 'application/vc+jwt', ...order.headers };
    const signing = order.key === undefined ? {} : { key: order.key };
    this.serve(url, { headers, body: await this.sign(payload, signing) });
  }
}

function bitsWith(set: readonly number[]): Uint8Array {
  const bits = new Uint8Array(bitsOfList / 8);
  for (const index of set) {
    setBit(bits, index);
  }
  return bits;
}

function coreOf(base: string): JsonObject {
  return {
    ...buildClientMetadata({
      clientId: `${base}/client.json`,
      clientName: 'Billing Bot',
      clientUri: base,
      applicationType: 'web',
      redirectUris: [`${base}/callback`],
      grantTypes: ['authorization_code', 'client_credentials'],
      signingAlg: 'ES256',
      jwksUri: `${base}/jwks.json`,
      contacts: ['agents@acme.com'],
    }),
  };
}
