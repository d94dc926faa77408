export type { AuthorizationDetail } from '../protocol/authorization-details.ts';
export type { Sha256 } from '../protocol/digest.ts';
export type { DeflateFormat, InflateAtOnce } from '../protocol/inflate.ts';
export type { Fault, Parsed } from '../protocol/parsed.ts';
export type { Inspector, InspectorOptions, VerifierOptions } from './create-verifier.ts';
export { createInspector, createVerifier } from './create-verifier.ts';
export type { ClaimsValidator } from './inquiry.ts';
export type { MemoryCacheOptions } from './memory-cache.ts';
export { createMemoryCache } from './memory-cache.ts';
export type {
  AccessRequest,
  Fetch,
  FetchedResponse,
  FetchFailure,
  FetchOptions,
  FetchOutcome,
  LifetimeLimit,
  RequiredClaim,
  StatusLimits,
  TrustEntry,
  TrustPolicy,
  Verifier,
} from './ports.ts';
export type { CacheAnswer, CachedResponse, ResponseCache } from './response-cache.ts';
export { parseTrustPolicy } from './trust-policy.ts';
export type {
  CheckOutcome,
  CheckResult,
  Grant,
  Reason,
  Report,
  Verdict,
  VerifiedClient,
} from './verdict.ts';
