const encoder = new TextEncoder();
// A byte order mark stays in the text, so that it can be refused instead of vanishing.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 octets of a text. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text behind UTF-8 octets; undefined when they are malformed or start with a byte order mark. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return undefined;
  }
  // RFC 8259 §8.1: a byte order mark is not added, and may be refused.
  return text.charCodeAt(0) === 0xfeff ? undefined : text;
}
