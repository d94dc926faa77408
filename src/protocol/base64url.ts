const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const codes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0));
const outside = 0xff;
const sextets = new Uint8Array(128).fill(outside);
for (const [sextet, code] of codes.entries()) sextets[code] = sextet;
const ascii = new TextDecoder();

/** base64url without padding (RFC 4648 §5). */
export function encodeBase64url(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let at = 0;
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    for (bits += 8; bits >= 6; ) {
      bits -= 6;
      out[at++] = codes[(buffer >> bits) & 63] ?? 0;
    }
  }
  if (bits > 0) out[at] = codes[(buffer << (6 - bits)) & 63] ?? 0;
  return ascii.decode(out);
}

/**
 * The octets behind a canonical base64url text: no padding, no other alphabet, no white space, no
 * spare bit that is set. Every octet string has exactly one text that is accepted; the result is
 * undefined for all others.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let at = 0;
  let buffer = 0;
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const sextet = sextets[text.charCodeAt(i)] ?? outside;
    if (sextet === outside) return undefined;
    buffer = (buffer << 6) | sextet;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = buffer >> bits;
    }
  }
  // RFC 4648 §3.5: spare bits that are set make a second text for the same octets.
  const spare = buffer & ((1 << bits) - 1);
  return spare === 0 ? bytes : undefined;
}
