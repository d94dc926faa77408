import type { OidcClient, Section } from './oidc-shapes.ts';

/** Metadata in the standard's spelling, as the client of an agent. */
export function heldIn(metadata: Section, agent: string): OidcClient {
  return {
    clientId: agent,
    redirectUris: textsIn(metadata['redirect_uris']),
    grantTypes: textsIn(metadata['grant_types']),
    tokenEndpointAuthMethod: textIn(metadata['token_endpoint_auth_method']),
    jwksUri: textIn(metadata['jwks_uri']),
    jwks: metadata['jwks'],
  };
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
