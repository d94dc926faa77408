import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  checkpointText,
  isSignedBy,
  type NoteKey,
  parseCheckpoint,
  parseVerifierKey,
  signedNote,
  verifierKey,
} from '../../src/audit/checkpoint.ts';

/** The example of C2SP tlog-checkpoint. */
const example = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`;

/** A note and the key that verifies it, both of Go's golang.org/x/mod/sumdb/note. */
const goKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const goText = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.
`;
const goNote = `${goText}
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

function newSigner(name = 'id.acme.com/audit') {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const key: NoteKey = { name, publicKey: Buffer.from(x, 'base64url') };
  const noteOf = (text: string) =>
    signedNote(text, { ...key, signature: sign(null, Buffer.from(text), privateKey) });
  return { key, noteOf };
}

const head = { origin: 'id.acme.com/audit', size: 7, root: Buffer.alloc(32, 1) };

describe('a checkpoint', () => {
  it('has a line each for origin, size and root, and a line for each signature', () => {
    const { noteOf } = newSigner();
    const note = noteOf(checkpointText(head));
    expect(note).toMatch(
      /^id\.acme\.com\/audit\n7\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\n— id\.acme\.com\/audit [A-Za-z0-9+/]{91}=\n$/,
    );
  });

  it('of the standard is read', () => {
    expect(parseCheckpoint(example)).toMatchObject({
      origin: 'example.com/behind-the-sofa',
      size: 20_852_163,
      signatures: [{ name: 'example.com/behind-the-sofa' }],
    });
  });

  it.each<[string, (note: string) => string]>([
    ['without an empty line', (note) => note.replace('\n\n', '\n')],
    ['without its last line feed', (note) => note.slice(0, -1)],
    ['with a leading zero in its size', (note) => note.replace('\n2085', '\n02085')],
    ['with a root of another length', (note) => note.replace('CsUY', '')],
    ['without an origin', (note) => note.replace('example.com/behind-the-sofa', '')],
    ['with a carriage return', (note) => note.replace('\n', '\r\n')],
    ['with a control character', (note) => note.replace('behind', 'be\u0000hind')],
    ['with a hyphen for the dash', (note) => note.replace('—', '-')],
    ['with a signature that is no base64', (note) => note.replace('Az3g', 'A*3g')],
    ['with a plus in the name of a key', (note) => note.replace('— example', '— exa+mple')],
  ])('%s is none', (_, spoil) => {
    expect(parseCheckpoint(spoil(example))).toBeNull();
  });
});

describe('a signature', () => {
  it('by the key is one, over the text and nothing else', () => {
    const { key, noteOf } = newSigner();
    const note = noteOf(checkpointText(head));
    const signed = (text: string) => {
      const checkpoint = parseCheckpoint(text);
      return checkpoint !== null && isSignedBy(checkpoint, [key]);
    };
    expect(signed(note)).toBe(true);
    expect(signed(note.replace('\n7\n', '\n8\n'))).toBe(false);
    expect(signed(note.replace('id.acme.com/audit\n', 'id.acme.org/audit\n'))).toBe(false);
  });

  it('by another key says nothing, and one of a known key that is wrong spoils the note', () => {
    const [own, other] = [newSigner(), newSigner('other.example/log')];
    const text = checkpointText(head);
    const foreign = other.noteOf(text).split('\n\n')[1];
    const both = parseCheckpoint(`${own.noteOf(text)}${foreign}`);
    if (both === null) throw new Error('not read');
    expect(isSignedBy(both, [own.key])).toBe(true);
    expect(isSignedBy(both, [])).toBe(false);
    const wrong = other.noteOf(checkpointText({ ...head, size: 8 })).split('\n\n')[1];
    const spoilt = parseCheckpoint(`${own.noteOf(text)}${wrong}`);
    if (spoilt === null) throw new Error('not read');
    expect(isSignedBy(spoilt, [own.key])).toBe(true);
    expect(isSignedBy(spoilt, [own.key, other.key])).toBe(false);
  });
});

describe('the line of a key', () => {
  it('is read back, with an id that must be its own', () => {
    const { key } = newSigner();
    const line = verifierKey(key);
    expect(parseVerifierKey(`${line}\n`)).toEqual(key);
    expect(parseVerifierKey(line.replace('audit', 'audit2'))).toBeNull();
    expect(parseVerifierKey(line.slice(0, -4))).toBeNull();
    expect(parseVerifierKey('')).toBeNull();
  });

  it('of Go is understood: name, id, and the key with its type', () => {
    const key = parseVerifierKey(goKey);
    expect(key?.name).toBe('PeterNeumann');
    const [, text = '', line = ''] = /^([\s\S]*\n)\n(— .*\n)$/.exec(goNote) ?? [];
    const octets = Buffer.from(line.trim().split(' ').at(-1) ?? '', 'base64');
    const note = {
      text,
      signatures: [
        { name: 'PeterNeumann', keyId: octets.subarray(0, 4), signature: octets.subarray(4) },
      ],
    };
    expect(key !== null && isSignedBy({ ...head, ...note }, [key])).toBe(true);
    expect(key !== null && isSignedBy({ ...head, ...note, text: `${text} ` }, [key])).toBe(false);
  });
});
