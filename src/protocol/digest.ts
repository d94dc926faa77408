import { encodeBase64url } from './base64url.ts';
import { encodeUtf8 } from './utf8.ts';

/** SHA-256 (FIPS 180-4): 32 octets. */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
}

/**
 * Hashes with SHA-256. A host lends one that answers at once to spare its process the platform's,
 * where another thread has to wake for every hash.
 */
export type Sha256 = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** SHA-256 as 43 characters of base64url; a text stands for its UTF-8 octets. */
export async function sha256Base64url(
  input: string | Uint8Array,
  hash: Sha256 = sha256,
): Promise<string> {
  return encodeBase64url(await hash(typeof input === 'string' ? encodeUtf8(input) : input));
}
