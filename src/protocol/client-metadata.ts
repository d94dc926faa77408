import { canonicalizeJson } from './canonical-json.ts';
import type { ClientId } from './client-id.ts';
import { findMetadataFaults } from './client-metadata-rules.ts';
import { type Sha256, sha256Base64url } from './digest.ts';
import type { UrlOptions } from './document-url.ts';
import type { SigningAlgorithm } from './jwk.ts';
import { accepted, type Parsed, refusedAll } from './parsed.ts';
import type { JsonObject, JsonValue } from './strict-json.ts';
import { encodeUtf8 } from './utf8.ts';

/** A client metadata document as we publish it (CIMD-02 §4, RFC 7591 §2). */
export type ClientMetadataJson = {
  readonly client_id: string;
  readonly client_name: string;
  readonly client_uri: string;
  readonly application_type: 'web' | 'native';
  readonly redirect_uris: readonly string[];
  readonly grant_types: readonly string[];
  readonly response_types: readonly ['code'];
  readonly token_endpoint_auth_method: 'private_key_jwt';
  readonly token_endpoint_auth_signing_alg?: SigningAlgorithm;
  readonly jwks_uri: string;
  readonly contacts?: readonly string[];
  readonly logo_uri?: string;
  readonly policy_uri?: string;
  readonly tos_uri?: string;
  readonly software_id?: string;
  readonly software_version?: string;
  /** VC-CIMD-00 §6: the passport, exactly one compact JWS. */
  readonly 'vc+jwt'?: string;
};

/** What a document says about its client. */
export interface ClientMetadataInput {
  readonly clientId: string;
  readonly clientName: string;
  readonly clientUri: string;
  readonly applicationType: 'web' | 'native';
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly string[];
  readonly signingAlg?: SigningAlgorithm | undefined;
  readonly jwksUri: string;
  readonly contacts: readonly string[];
  readonly logoUri?: string | undefined;
  readonly policyUri?: string | undefined;
  readonly tosUri?: string | undefined;
  readonly softwareId?: string | undefined;
  readonly softwareVersion?: string | undefined;
}

/** A client metadata document that was read. `document` is the whole of it. */
export interface ClientMetadata {
  readonly clientId: ClientId;
  readonly clientName: string | undefined;
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly string[];
  readonly responseTypes: readonly string[];
  readonly tokenEndpointAuthMethod: string;
  readonly tokenEndpointAuthSigningAlg?: string;
  readonly jwksUri: string | undefined;
  /** An inline key set, not judged; never together with `jwksUri`. */
  readonly jwks: JsonValue | undefined;
  /** The text of `vc+jwt`. */
  readonly credential: string | undefined;
  readonly document: JsonObject;
}

/**
 * Builds a document without its credential. No member is null and no array empty: authorization
 * servers refuse documents for either.
 */
export function buildClientMetadata(input: ClientMetadataInput): ClientMetadataJson {
  return {
    client_id: input.clientId,
    client_name: input.clientName,
    client_uri: input.clientUri,
    application_type: input.applicationType,
    redirect_uris: input.redirectUris,
    grant_types: input.grantTypes,
    response_types: ['code'],
    token_endpoint_auth_method: 'private_key_jwt',
    ...(input.signingAlg !== undefined && { token_endpoint_auth_signing_alg: input.signingAlg }),
    jwks_uri: input.jwksUri,
    ...(input.contacts.length > 0 && { contacts: input.contacts }),
    ...(input.logoUri !== undefined && { logo_uri: input.logoUri }),
    ...(input.policyUri !== undefined && { policy_uri: input.policyUri }),
    ...(input.tosUri !== undefined && { tos_uri: input.tosUri }),
    ...(input.softwareId !== undefined && { software_id: input.softwareId }),
    ...(input.softwareVersion !== undefined && { software_version: input.softwareVersion }),
  };
}

/** The document with this compact credential in it. */
export function withCredential(core: ClientMetadataJson, jwt: string): ClientMetadataJson {
  return { ...core, 'vc+jwt': jwt };
}

/**
 * The digest that a passport binds its document by: base64url SHA-256 of the canonical form
 * (RFC 8785) of the document without `vc+jwt`, so that the passport is no part of what it binds.
 */
export function clientMetadataDigest(
  document: JsonObject | ClientMetadataJson,
  hash?: Sha256,
): Promise<string> {
  const { 'vc+jwt': _credential, ...core } = document;
  return sha256Base64url(canonicalizeJson(core as JsonObject), hash);
}

/** What the reader of a document expects. */
export interface ClientMetadataExpectation extends UrlOptions {
  /** The identifier in the request, which is also the URL that was fetched. */
  readonly clientId: ClientId;
}

/**
 * Parses the document of a client, ours or anybody's: it asks for what CIMD-02 §4.1 demands and
 * leaves unknown members alone. Defaults are those of RFC 7591 §2, save that an absent
 * authentication method is `none`: CIMD-02 §4.1 bans the shared secret that RFC 7591 defaults to.
 * Rules: `client-id-mismatch`, `credential-malformed`, `jwks-uri-origin`, and `metadata-…`.
 */
export function parseClientMetadata(
  json: JsonObject,
  expectation: ClientMetadataExpectation,
): Parsed<ClientMetadata> {
  const faults = findMetadataFaults(json, expectation);
  if (faults.length > 0) return refusedAll(faults);
  const signingAlg = textOf(json, 'token_endpoint_auth_signing_alg');
  return accepted({
    clientId: expectation.clientId,
    clientName: textOf(json, 'client_name'),
    redirectUris: textsOf(json, 'redirect_uris', []),
    grantTypes: textsOf(json, 'grant_types', ['authorization_code']),
    responseTypes: textsOf(json, 'response_types', ['code']),
    tokenEndpointAuthMethod: textOf(json, 'token_endpoint_auth_method') ?? 'none',
    ...(signingAlg !== undefined && { tokenEndpointAuthSigningAlg: signingAlg }),
    jwksUri: textOf(json, 'jwks_uri'),
    jwks: Object.hasOwn(json, 'jwks') ? json['jwks'] : undefined,
    credential: textOf(json, 'vc+jwt'),
    document: json,
  });
}

/** The octets that each member costs in the document, largest first. */
export function measureMembers(
  document: JsonObject | ClientMetadataJson,
): readonly { readonly name: string; readonly bytes: number }[] {
  return Object.entries(document)
    .map(([name, value]) => ({ name, bytes: memberBytes(name, value) }))
    .sort((a, b) => b.bytes - a.bytes);
}

/** The octets of a document: compact JSON in UTF-8, without a final line break. */
export function serializeDocument(json: object): Uint8Array<ArrayBuffer> {
  return encodeUtf8(JSON.stringify(json));
}

function memberBytes(name: string, value: unknown): number {
  const separators = 2;
  return encodeUtf8(`${JSON.stringify(name)}${JSON.stringify(value)}`).length + separators;
}

function textOf(json: JsonObject, member: string): string | undefined {
  const value = Object.hasOwn(json, member) ? json[member] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function textsOf(json: JsonObject, member: string, fallback: readonly string[]): readonly string[] {
  const value = Object.hasOwn(json, member) ? json[member] : undefined;
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : fallback;
}
