import { serializeDocument } from '../protocol/client-metadata.ts';
import { buildJwks } from '../protocol/jwks.ts';
import { type DocumentDraft, draftIdentityDocument } from '../publication/public-document.ts';
import { type SigningKey, verificationMethodOf } from './signing-key.ts';

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
    keys.map((key) => ({ kid: verificationMethodOf(key), jwk: key.publicJwk })),
  );
}

function draftJwks(url: string, keys: Parameters<typeof buildJwks>[0]): DocumentDraft {
  return draftIdentityDocument(url, serializeDocument(buildJwks(keys)));
}
