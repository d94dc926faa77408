export {
  AgentAuth,
  type AgentAuthOptions,
  type Authorization,
  agentAuth,
  type ClientInformation,
  type HeldTokens,
} from './agent-auth.ts';
export {
  type AssertionKey,
  type AssertionOrder,
  assertionType,
  type ClientAssertionOptions,
  createClientAssertion,
} from './assertion.ts';
export { type KeyPlace, loadKey } from './load-key.ts';
export { createLocalKey, type LocalKey } from './local-key.ts';
export { type RegistryKeyOptions, RegistryRefusal, registryKey } from './registry-key.ts';
export {
  requestToken,
  type TokenAnswer,
  TokenRefusal,
  type TokenRequest,
} from './request-token.ts';
export { findServer, type ServerMetadata } from './server-metadata.ts';
