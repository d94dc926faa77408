import type { VerifiedClient } from '../verdict.ts';

/** A client as an authorization server holds it: what of it the verified document says too. */
export interface HeldClient {
  readonly clientId: string;
  readonly redirectUris?: readonly string[] | null | undefined;
  readonly grantTypes?: readonly string[] | null | undefined;
  readonly tokenEndpointAuthMethod?: string | null | undefined;
  readonly jwksUri?: string | null | undefined;
  readonly jwks?: unknown;
}

/** What the adapter made of a verdict at one use of a client. */
export interface AgentUse {
  /** The client_id that was judged: for a client that an agent registered, the agent's own. */
  readonly clientId: string;
  /** true when the authorization server went on with the client. */
  readonly allowed: boolean;
  /** Members that the server held otherwise than the verified document has them. */
  readonly differing: readonly string[];
}

/** Names of the members that are held otherwise than they were verified. */
export function differences(held: HeldClient, verified: VerifiedClient | null): readonly string[] {
  if (verified === null) return ['client_id'];
  const equal = {
    client_id: held.clientId === verified.clientId,
    redirect_uris: sameMembers(held.redirectUris ?? [], verified.redirectUris),
    grant_types: grantTypesWithin(held.grantTypes ?? [], verified.grantTypes),
    token_endpoint_auth_method: held.tokenEndpointAuthMethod === verified.tokenEndpointAuthMethod,
    jwks_uri: (held.jwksUri ?? undefined) === verified.jwksUri,
    // The verified client names its keys by URL only: keys within a document cannot be compared.
    jwks: (held.jwks ?? undefined) === undefined,
  };
  return Object.entries(equal).flatMap(([member, same]) => (same ? [] : [member]));
}

/** Whether two lists have the same members, in whatever order. */
export function sameMembers(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.every((item) => right.includes(item)) && right.every((item) => left.includes(item));
}

/**
 * The server leaves out grant types that it does not offer, and adds `authorization_code` where
 * `response_types` has `code` (RFC 7591 §2.1); the redirect URIs bound what that is worth.
 */
function grantTypesWithin(held: readonly string[], verified: readonly string[]): boolean {
  return held.every((type) => type === 'authorization_code' || verified.includes(type));
}
