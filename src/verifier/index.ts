export type { AuthorizationDetail } from '../protocol/authorization-details.ts';
export type { Sha256 } from '../protocol/digest.ts';
export type { DeflateFormat, InflateAtOnce } from '../protocol/inflate.ts';
export type { Fault, Parsed } from '../protocol/parsed.ts';
export type {
  Answer,
  Approval,
  ApprovalDecision,
  ApprovalState,
  ApprovalStore,
  HeldApprovals,
  SeenDocument,
} from './approvals.ts';
export { kindOfName, stateOf } from './approvals.ts';
export type { Consent, ConsentAttestation, ConsentItem, ConsentOptions } from './consent.ts';
export { consentOf } from './consent.ts';
export type { Inspector, InspectorOptions, VerifierOptions } from './create-verifier.ts';
export { createInspector, createVerifier } from './create-verifier.ts';
export type { DocumentChanges, MemberChange } from './document-changes.ts';
export { changesBetween } from './document-changes.ts';
export type {
  AcceptedEvent,
  EventEffect,
  EventOrigin,
  EventReceiver,
  EventReceiverOptions,
  PostponedEvent,
  Receipt,
  RefusedEvent,
  SetError,
  Transmitter,
} from './events/event-receiver.ts';
export { createEventReceiver } from './events/event-receiver.ts';
export type {
  FollowedStream,
  FollowOrder,
  StreamPhase,
  StreamState,
} from './events/follow-transmitter.ts';
export { followTransmitter } from './events/follow-transmitter.ts';
export type { PushEndpoint, PushEndpointOptions } from './events/push-endpoint.ts';
export { createPushEndpoint } from './events/push-endpoint.ts';
export type { StreamCall, StreamCallOptions, StreamCallOutcome } from './events/stream-call.ts';
export type { ClaimsValidator } from './inquiry.ts';
export { createMemoryApprovals } from './memory-approvals.ts';
export type { MemoryCacheOptions } from './memory-cache.ts';
export { createMemoryCache } from './memory-cache.ts';
export type {
  AccessRequest,
  EventSource,
  Fetch,
  FetchedResponse,
  FetchFailure,
  FetchOptions,
  FetchOutcome,
  LifetimeLimit,
  RequiredClaim,
  StatementRequest,
  StatusLimits,
  TrustEntry,
  TrustPolicy,
  Verifier,
} from './ports.ts';
export type { DecisionOrder } from './record-approval.ts';
export { recordDecision } from './record-approval.ts';
export { renderConsent } from './render-consent.ts';
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
