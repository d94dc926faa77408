import { createHash, createPublicKey, verify } from 'node:crypto';
import { type TreeHash, treeHashBytes } from './merkle-tree.ts';

/** C2SP signed-note: the identifier of Ed25519 signatures. */
const ed25519Type = 0x01;
const keyIdBytes = 4;
const ed25519Bytes = { key: 32, signature: 64 } as const;
const maxNoteCharacters = 100_000;
const namePattern = /^[^\s\p{Z}+]{1,255}$/u;
const sizePattern = /^(?:0|[1-9]\d{0,15})$/;
const controlPattern = /\p{Cc}/u;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A tree at one moment of its life: whose it is, how many leaves it has, and its root. */
export interface TreeHead {
  readonly origin: string;
  readonly size: number;
  readonly root: TreeHash;
}

/** A signature line of a note, by whichever key. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** A checkpoint as it was read: nobody vouches for it before a signature was verified. */
export interface Checkpoint extends TreeHead {
  /** What was signed, with its last line feed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A public key of a log, under the name that its signatures have. */
export interface NoteKey {
  readonly name: string;
  /** The 32 octets of an Ed25519 public key (RFC 8032 §5.1.5). */
  readonly publicKey: Uint8Array;
}

/** The text that a log signs. C2SP tlog-checkpoint: origin, size and root, a line each. */
export function checkpointText({ origin, size, root }: TreeHead): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** A note: the text, an empty line, and a line with the signature (C2SP signed-note). */
export function signedNote(text: string, signed: NoteKey & { readonly signature: Uint8Array }) {
  const octets = Buffer.concat([keyIdOf(signed), signed.signature]);
  return `${text}\n— ${signed.name} ${octets.toString('base64')}\n`;
}

/** C2SP signed-note: the first four octets of SHA-256(name || 0x0A || type || public key). */
export function keyIdOf({ name, publicKey }: NoteKey): Uint8Array {
  const hash = createHash('sha256').update(`${name}\n`);
  return hash.update(Uint8Array.of(ed25519Type)).update(publicKey).digest().subarray(0, keyIdBytes);
}

/** The key in one line, as verifiers are given it: `name+id in hex+base64(type || public key)`. */
export function verifierKey(key: NoteKey): string {
  const id = Buffer.from(keyIdOf(key)).toString('hex');
  const encoded = Buffer.concat([Uint8Array.of(ed25519Type), key.publicKey]).toString('base64');
  return `${key.name}+${id}+${encoded}`;
}

/** Reads a key from such a line; null for one that is malformed, or names another id than its own. */
export function parseVerifierKey(line: string): NoteKey | null {
  const [, name = '', id = '', encoded = ''] =
    /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line.trim()) ?? [];
  const octets = base64Octets(encoded);
  if (!namePattern.test(name) || octets?.length !== 1 + ed25519Bytes.key) return null;
  if (octets[0] !== ed25519Type) return null;
  const key = { name, publicKey: octets.subarray(1) };
  return Buffer.from(keyIdOf(key)).toString('hex') === id ? key : null;
}

/** Reads a checkpoint; null for what is none. Lines of extension are kept in `text` alone. */
export function parseCheckpoint(note: string): Checkpoint | null {
  const end = note.lastIndexOf('\n\n');
  if (note.length > maxNoteCharacters || end < 0 || !note.endsWith('\n')) return null;
  if (note.split('\n').some((line) => controlPattern.test(line))) return null;
  const text = note.slice(0, end + 1);
  const signatures = note
    .slice(end + 2, -1)
    .split('\n')
    .map(parseSignature);
  const head = parseHead(text);
  if (head === null || signatures.includes(null)) return null;
  return { ...head, text, signatures: signatures.filter((line) => line !== null) };
}

function parseHead(text: string): TreeHead | null {
  const [origin = '', size = '', encoded = '', ...extensions] = text.slice(0, -1).split('\n');
  const root = base64Octets(encoded);
  if (origin === '' || !sizePattern.test(size) || root?.length !== treeHashBytes) return null;
  return extensions.includes('') ? null : { origin, size: Number(size), root };
}

function parseSignature(line: string): NoteSignature | null {
  const [, name = '', encoded = ''] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
  const octets = base64Octets(encoded);
  if (!namePattern.test(name) || octets === null || octets.length <= keyIdBytes) return null;
  return { name, keyId: octets.subarray(0, keyIdBytes), signature: octets.subarray(keyIdBytes) };
}

/**
 * Whether one of these keys vouches for the checkpoint. C2SP signed-note: lines of unknown keys are
 * passed over, and one of a known key that does not verify spoils the note.
 */
export function isSignedBy(checkpoint: Checkpoint, keys: readonly NoteKey[]): boolean {
  const verdicts = checkpoint.signatures.flatMap((line) => {
    const key = keys.find((known) => {
      return known.name === line.name && Buffer.compare(keyIdOf(known), line.keyId) === 0;
    });
    return key === undefined ? [] : [verifies(checkpoint.text, line.signature, key)];
  });
  return verdicts.length > 0 && verdicts.every(Boolean);
}

function verifies(text: string, signature: Uint8Array, { publicKey }: NoteKey): boolean {
  if (signature.length !== ed25519Bytes.signature) return false;
  const x = Buffer.from(publicKey).toString('base64url');
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, Buffer.from(text, 'utf8'), key, signature);
  } catch {
    return false;
  }
}

/** Padded base64 (RFC 4648 §4) and nothing else. */
function base64Octets(text: string): Uint8Array | null {
  return text !== '' && base64Pattern.test(text) ? Buffer.from(text, 'base64') : null;
}
