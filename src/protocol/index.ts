export type {
  AllowedAction,
  AllowedActionsClaims,
  Delegation,
} from './allowed-actions-claims.ts';
export { decodeBase64url, encodeBase64url } from './base64url.ts';
export {
  type BitstringStatusList,
  type BitstringStatusListInput,
  buildBitstringStatusList,
  decodeBitstring,
  encodeBitstring,
  parseBitstringStatusList,
  readBit,
  type StatusPurpose,
  setBit,
} from './bitstring-status-list.ts';
export { canonicalizeJson } from './canonical-json.ts';
export { type ClientId, parseClientId } from './client-id.ts';
export {
  buildClientMetadata,
  type ClientMetadata,
  type ClientMetadataExpectation,
  type ClientMetadataInput,
  type ClientMetadataJson,
  clientMetadataDigest,
  measureMembers,
  parseClientMetadata,
  serializeDocument,
  withCredential,
} from './client-metadata.ts';
export {
  type CompactJws,
  type JoseHeader,
  type JwsExpectation,
  parseCompactJws,
} from './compact-jws.ts';
export type { Attestation, ComplianceClaims, PinnedDocument } from './compliance-claims.ts';
export {
  type AgentCredential,
  agentContextPath,
  parseAgentCredential,
} from './credential-envelope.ts';
export type {
  BitstringEntry,
  StatusEntries,
  StatusReferences,
  TokenStatusEntry,
} from './credential-status.ts';
export { formatDateTime, formatDateTimeMs, parseDateTimeStamp } from './date-time.ts';
export {
  buildDidDocument,
  type DidDocument,
  type DidDocumentJson,
  type DidKey,
  findAssertionKey,
  parseDidDocument,
  type VerificationMethod,
  type VerificationMethodJson,
  type VerificationRelationship,
} from './did-document.ts';
export {
  clientIdBesideDid,
  type Did,
  type DidUrl,
  type DidWeb,
  didWebOf,
  didWebUrl,
  parseDidUrl,
  parseDidWeb,
} from './did-web.ts';
export { type Sha256, sha256, sha256Base64url } from './digest.ts';
export { parseDocumentUrl, type UrlOptions } from './document-url.ts';
export {
  buildFacet,
  type Facet,
  type FacetClaims,
  type FacetClaimsByType,
  type FacetInput,
  type FacetType,
  facetCredentialTypes,
  facetSchemas,
  facetTypes,
  parseFacet,
  parseFacetClaims,
} from './facet.ts';
export { credentialsContext } from './issuance.ts';
export {
  algorithmFits,
  algorithmOf,
  type EcPublicJwk,
  jwkThumbprint,
  type OkpPublicJwk,
  type PublicJwk,
  parsePublicJwk,
  type SigningAlgorithm,
} from './jwk.ts';
export {
  buildJwks,
  type JwksJson,
  type NamedKey,
  type PublishedJwk,
  parseJwks,
} from './jwks.ts';
export {
  clockSkewMs,
  maxClientIdBytes,
  maxDidDocumentBytes,
  maxDocumentBytes,
  maxInflatedStatusBytes,
  maxJwksBytes,
  maxJwtBytes,
  maxPassportAttestations,
  maxPassportScopes,
  maxStatusListBytes,
  minBitstringEntries,
  publishDocumentBytes,
} from './limits.ts';
export { accepted, type Fault, type Parsed, type Refused, refused, refusedAll } from './parsed.ts';
export {
  type AgentType,
  type AttestationSummary,
  buildPassport,
  mcpServerType,
  type Passport,
  type PassportInput,
  type PassportSubject,
  type ProvenanceSummary,
  parsePassport,
  passportSchema,
  passportType,
} from './passport.ts';
export type {
  Artifact,
  Build,
  Model,
  ModelApproval,
  ProvenanceClaims,
  Software,
} from './provenance-claims.ts';
export { isScopeToken, parseScope, type ScopedAction, scopeOf } from './scope.ts';
export {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
  parseStrictJsonObject,
} from './strict-json.ts';
export {
  buildTokenStatusList,
  decodeStatuses,
  encodeStatuses,
  type PackedStatuses,
  packStatus,
  parseTokenStatusList,
  readStatus,
  type StatusBits,
  type TokenStatusList,
  type TokenStatusListInput,
} from './token-status-list.ts';
export { decodeUtf8, encodeUtf8 } from './utf8.ts';
