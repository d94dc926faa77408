import { type SigningKey, verificationMethodOf } from '../keys/signing-key.ts';
import { serializeDocument } from '../protocol/client-metadata.ts';
import { buildDidDocument, type VerificationRelationship } from '../protocol/did-document.ts';
import { type Did, didWebUrl, parseDidWeb } from '../protocol/did-web.ts';
import { type DocumentDraft, draftIdentityDocument } from '../publication/public-document.ts';

/** What a DID document is to say. */
export interface DidDocumentOrder {
  readonly did: Did;
  readonly alsoKnownAs: readonly string[];
  /** Empty for an identity that is taken back: the document stays, nothing verifies with it. */
  readonly keys: readonly SigningKey[];
}

/** The DID document at the address that did:web demands for the DID. */
export function draftDidDocument(order: DidDocumentOrder): DocumentDraft {
  const document = buildDidDocument({
    did: order.did,
    alsoKnownAs: order.alsoKnownAs,
    keys: order.keys.map((key) => ({
      kid: verificationMethodOf(key),
      jwk: key.publicJwk,
      relationships: relationshipsOf(key),
      expires: key.listedUntil,
      revoked: key.revokedAt,
    })),
  });
  return draftIdentityDocument(didDocumentUrl(order.did), serializeDocument(document));
}

/** The address that did:web demands for the document of the DID. */
export function didDocumentUrl(did: Did): string {
  const parsed = parseDidWeb(did);
  if (!parsed.ok) throw new TypeError(`${did} is not a did:web.`);
  return didWebUrl(parsed.value);
}

/** A revoked key has none: a reader who overlooks `revoked` does not find it in use either. */
function relationshipsOf({ purpose, revokedAt }: SigningKey): readonly VerificationRelationship[] {
  if (revokedAt !== null) return [];
  return [purpose === 'credential' ? 'assertionMethod' : 'authentication'];
}
