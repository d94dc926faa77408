export type { Inspector, InspectorOptions, VerifierOptions } from './create-verifier.ts';
export { createInspector, createVerifier } from './create-verifier.ts';
export type { ClaimsValidator } from './inquiry.ts';
export type {
  AccessRequest,
  Fetch,
  FetchedResponse,
  FetchFailure,
  FetchOptions,
  FetchOutcome,
  TrustEntry,
  TrustPolicy,
  Verifier,
} from './ports.ts';
export { parseTrustPolicy } from './trust-policy.ts';
export type {
  CheckOutcome,
  CheckResult,
  Reason,
  Report,
  Verdict,
  VerifiedClient,
} from './verdict.ts';
