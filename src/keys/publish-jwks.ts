import { serializeDocument } from '../protocol/client-metadata.ts';
import { buildJwks } from '../protocol/jwks.ts';
import { cacheControls, type DocumentDraft, pathOf } from '../publication/public-document.ts';
import type { SigningKey } from './signing-key.ts';

/** The key set of an agent (RFC 7517 §5): kid is the RFC 7638 thumbprint. */
export function draftAgentJwks(url: string, keys: readonly SigningKey[]): DocumentDraft {
  return draftJwks(
    url,
    keys.map((key) => ({ kid: key.thumbprint, jwk: key.publicJwk })),
  );
}

/** The key set of an issuer: kid is the absolute DID URL that its credentials carry. */
export function draftIssuerJwks(url: string, keys: readonly SigningKey[]): DocumentDraft {
  return draftJwks(
    url,
    keys.map((key) => ({ kid: `${key.did}#${key.thumbprint}`, jwk: key.publicJwk })),
  );
}

function draftJwks(url: string, keys: Parameters<typeof buildJwks>[0]): DocumentDraft {
  return {
    path: pathOf(url),
    mediaType: 'application/json',
    body: serializeDocument(buildJwks(keys)),
    cacheControl: cacheControls.identity,
    expiresAt: null,
    link: null,
    keepsVersions: true,
  };
}
