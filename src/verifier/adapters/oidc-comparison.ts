import type { VerifiedClient } from '../verdict.ts';
import type { HeldClient, Section } from './oidc-shapes.ts';

/** The members in which what the server holds is not what was verified; empty when it is. */
export function differences(held: HeldClient, verified: VerifiedClient | null): readonly string[] {
  if (verified === null) return ['client_id'];
  const equal = {
    client_id: held.clientId === verified.clientId,
    redirect_uris: sameMembers(held.redirectUris ?? [], verified.redirectUris),
    grant_types: grantTypesWithin(held.grantTypes ?? [], verified.grantTypes),
    token_endpoint_auth_method: held.tokenEndpointAuthMethod === verified.tokenEndpointAuthMethod,
    jwks_uri: held.jwksUri === verified.jwksUri,
    // The verified client names its keys by URL only: keys within a document cannot be compared.
    jwks: held.jwks === undefined,
  };
  return Object.entries(equal).flatMap(([member, same]) => (same ? [] : [member]));
}

/** Metadata in the standard's spelling, as the client of an agent. */
export function heldIn(metadata: Section, agent: string): HeldClient {
  return {
    clientId: agent,
    redirectUris: textsIn(metadata['redirect_uris']),
    grantTypes: textsIn(metadata['grant_types']),
    tokenEndpointAuthMethod: textIn(metadata['token_endpoint_auth_method']),
    jwksUri: textIn(metadata['jwks_uri']),
    jwks: metadata['jwks'],
  };
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

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
