import { encodeUtf8 } from '../../../src/protocol/utf8.ts';
import {
  type Forgery,
  headerOf,
  over,
  overText,
  partOf,
  reshaped,
  rewritten,
  seal,
  withSpareBit,
} from './forge.ts';

const twice = '/payload json-duplicate';

/** A payload that is no JSON object, or not one that every reader understands the same way. */
export const payloadForgeries: readonly Forgery[] = [
  ['D-19 iss twice', overText((text) => text.replace('{', '{"iss":"did:web:evil.com",')), twice],
  ['D-19 exp twice', overText((text) => text.replace('{', '{"exp":9999999999,')), twice],
  [
    'D-19 exp twice, once escaped',
    overText((text) => text.replace('{', '{"\\u0065xp":9999999999,')),
    twice,
  ],
  [
    'D-19 a claim twice',
    overText((text) => text.replace('"agentType"', '"name":"Root","agentType"')),
    twice,
  ],
  ['D-20 null for a payload', overText(() => 'null'), '/payload json-not-object'],
  ['D-20 a list for a payload', overText((text) => `[${text}]`), '/payload json-not-object'],
  [
    'D-20 a text for a payload',
    overText((text) => JSON.stringify(text)),
    '/payload json-not-object',
  ],
  ['D-20 nothing for a payload', overText(() => ''), '/payload json-syntax'],
  ['D-20 a byte order mark', overText((text) => `\ufeff${text}`), '/payload json-utf8'],
  [
    'D-20 an octet that is not UTF-8',
    overText((text) => encodeUtf8(text).map((octet) => (octet === 0x42 ? 0xff : octet))),
    '/payload json-utf8',
  ],
  [
    'D-20 UTF-16',
    overText((text) => new Uint8Array(Buffer.from(text, 'utf16le'))),
    '/payload json-syntax',
  ],
  [
    'D-20 half of a surrogate pair',
    overText((text) => text.replace('Billing', '\\ud800')),
    '/payload/credentialSubject/name json-surrogate',
  ],
  ['D-26, credentials:JC-04: vc', over({ vc: {} }), '/vc credential-unknown-member'],
  ['D-26, credentials:JC-04: vp', over({ vp: {} }), '/vp credential-unknown-member'],
  [
    'D-26 jti, which is not even another than id',
    over({ jti: 'urn:uuid:6f3b0a4e-6a0b-4a3e-9a53-1f1a6f1a8c11' }),
    '/jti credential-unknown-member',
  ],
  [
    'D-26, credentials:JC-09: iss of another',
    over({ iss: 'did:web:evil.com' }),
    '/iss issuer-mismatch',
  ],
  ['D-26 issuer of another', over({ issuer: 'did:web:evil.com' }), '/iss issuer-mismatch'],
  [
    'D-26 sub of another',
    over({ sub: 'https://id.acme.com/a/other-bot/client.json' }),
    '/sub subject-mismatch',
  ],
];

const json = (text: string) => Buffer.from(text).toString('base64');
/** White space after a JSON text until it leaves spare bits at the end of its base64url. */
const uneven = (text: string) =>
  text.length % 3 === 1 ? text : `${text}${' '.repeat((4 - (text.length % 3)) % 3)}`;

/** Text that is not the one spelling of a compact JWS. */
export const spellingForgeries: readonly Forgery[] = [
  [
    'D-14 a spare bit of the signature',
    rewritten(({ h, p, s }) => `${h}.${p}.${withSpareBit(s)}`),
    'jws-format',
  ],
  [
    'D-14 a spare bit of the header, signed as it is',
    async (world) => {
      const header = withSpareBit(partOf(uneven(JSON.stringify(headerOf(world)))));
      return seal(`${header}.${partOf(await world.passport())}`, world.issuerKey);
    },
    'jws-format',
  ],
  [
    'D-14 a spare bit of the payload, signed as it is',
    async (world) => {
      const payload = withSpareBit(partOf(uneven(JSON.stringify(await world.passport()))));
      return seal(`${partOf(headerOf(world))}.${payload}`, world.issuerKey);
    },
    'jws-format',
  ],
  [
    'D-14 padding of the payload, signed as it is',
    async (world) => {
      const payload = json(uneven(JSON.stringify(await world.passport())));
      return seal(`${partOf(headerOf(world))}.${payload}`, world.issuerKey);
    },
    'jws-format',
  ],
  ['D-14 padding', rewritten(({ h, p, s }) => `${h}.${p}.${s}==`), 'jws-format'],
  [
    'D-14 a line break in the signature',
    rewritten(({ h, p, s }) => `${h}.${p}.${s.slice(0, 40)}\n${s.slice(40)}`),
    'jws-format',
  ],
  ['D-14 a line break at the end', rewritten(({ h, p, s }) => `${h}.${p}.${s}\n`), 'jws-format'],
  ['D-14 a space in front', rewritten(({ h, p, s }) => ` ${h}.${p}.${s}`), 'jws-format'],
  ['D-14 an escaped dot', rewritten(({ h, p, s }) => `${h}%2E${p}.${s}`), 'jws-format'],
  ['D-15 one part', rewritten(({ p }) => p), 'jws-format'],
  ['D-15 two parts', rewritten(({ h, p }) => `${h}.${p}`), 'jws-format'],
  ['D-15 four parts', rewritten(({ h, p, s }) => `${h}.${p}.${s}.${s}`), 'jws-format'],
  ['D-15 an empty fourth part', rewritten(({ h, p, s }) => `${h}.${p}.${s}.`), 'jws-format'],
  [
    'D-15 five parts, as a JWE has',
    rewritten(({ h, p, s }) => `${h}.${p}.${s}.${p}.${s}`),
    'jws-format',
  ],
  ['D-15 a detached payload', rewritten(({ h, s }) => `${h}..${s}`), '/payload json-syntax'],
  [
    'D-15, credentials:JC-06: flattened JSON, as a text',
    rewritten(({ h, p, s }) => JSON.stringify({ protected: h, payload: p, signature: s })),
    'jws-format',
  ],
  [
    'D-15 flattened JSON',
    rewritten(({ h, p, s }) => ({ protected: h, payload: p, signature: s })),
    'jws-format',
  ],
  [
    'D-15 general JSON',
    rewritten(({ h, p, s }) => ({ payload: p, signatures: [{ protected: h, signature: s }] })),
    'jws-format',
  ],
  [
    'credentials:VCDM-17 an enveloped credential',
    rewritten(({ h, p, s }) => ({
      '@context': 'https://www.w3.org/ns/credentials/v2',
      id: `data:application/vc+jwt,${h}.${p}.${s}`,
      type: 'EnvelopedVerifiableCredential',
    })),
    'jws-format',
  ],
  [
    'D-27, credentials:SD-01: no disclosures',
    rewritten(({ h, p, s }) => `${h}.${p}.${s}~`),
    'jws-format',
  ],
  [
    'D-27, credentials:SD-01: a disclosure',
    rewritten(({ h, p, s }) => `${h}.${p}.${s}~${partOf(['salt', 'name', 'Root'])}~`),
    'jws-format',
  ],
  [
    'D-27, credentials:SD-02: a key binding',
    rewritten(({ h, p, s }) => `${h}.${p}.${s}~${h}.${p}.${s}`),
    'jws-format',
  ],
];

const wrongForm = '/signature jws-signature';
const resizings: readonly (readonly [string, (signature: Uint8Array) => Uint8Array])[] = [
  ['without its last octet', (signature) => signature.subarray(0, 63)],
  ['without its first octet', (signature) => signature.subarray(1)],
  ['with an octet more', (signature) => Uint8Array.of(...signature, 0)],
  ['led by a zero', (signature) => Uint8Array.of(0, ...signature)],
  ['written twice', (signature) => Uint8Array.of(...signature, ...signature)],
];

/** DER of the two halves of a signature (SEC 1 §C.5). */
function derOf(signature: Uint8Array): Uint8Array {
  const integers = [signature.subarray(0, 32), signature.subarray(32)].map((half) => {
    const digits = half.subarray(half.findIndex((octet) => octet !== 0));
    const positive = (digits[0] ?? 0) > 127 ? Uint8Array.of(0, ...digits) : digits;
    return Uint8Array.of(2, positive.length, ...positive);
  });
  const [r = new Uint8Array(), s = new Uint8Array()] = integers;
  return Uint8Array.of(0x30, r.length + s.length, ...r, ...s);
}

/** A signature in another form than 64 octets. */
export const signatureForgeries: readonly Forgery[] = [
  ['D-01 ES256 and no signature', rewritten(({ h, p }) => `${h}.${p}.`), wrongForm],
  ['D-13 a signature in DER', reshaped(derOf), wrongForm],
  ...resizings.flatMap(([what, resize]): Forgery[] => [
    [`D-13 an ES256 signature ${what}`, reshaped(resize), wrongForm],
    [`D-13 an Ed25519 signature ${what}`, reshaped(resize, 'Ed25519'), wrongForm],
  ]),
];
