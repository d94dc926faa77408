import type { JsonObject, JsonValue } from '../../../src/protocol/strict-json.ts';
import { type DidCase, documentOf, methodOf } from './did-documents.ts';
import type { PaperWorld } from './paper-world.ts';

const keyed =
  (change: (jwk: JsonObject, world: PaperWorld) => JsonObject): DidCase[1] =>
  (world) =>
    documentOf(world, {
      verificationMethod: [
        methodOf(world, { publicKeyJwk: change({ ...world.issuerKey.jwk }, world) }),
      ],
    });

const method =
  (changes: (world: PaperWorld) => JsonObject): DidCase[1] =>
  (world) =>
    documentOf(world, { verificationMethod: [methodOf(world, changes(world))] });

const flip = (text: unknown) => {
  const [first = '', ...rest] = String(text);
  return `${first === 'A' ? 'B' : 'A'}${rest.join('')}`;
};
const secondsFromNow = (world: PaperWorld, seconds: number) =>
  new Date(world.clock() + seconds * 1_000).toISOString();

const isPrivate = 'key-not-found jwk-private';
const malformed = 'key-not-found jwk-malformed';
const misused = 'key-not-found jwk-use';
const unsupported = 'key-not-found jwk-unsupported';

/** What the key is. */
export const keyCases: readonly DidCase[] = [
  ['E-08 with d', keyed((jwk) => ({ ...jwk, d: 'AAAA' })), isPrivate],
  ['E-08 with d that is null', keyed((jwk) => ({ ...jwk, d: null })), isPrivate],
  ['E-08 with k', keyed((jwk) => ({ ...jwk, k: 'AAAA' })), isPrivate],
  ['E-08 symmetric', keyed(() => ({ kty: 'oct', k: 'AAAA' })), isPrivate],
  ['E-08 symmetric, by name alone', keyed(() => ({ kty: 'oct' })), unsupported],
  ['E-08 RSA', keyed(() => ({ kty: 'RSA', n: 'AQAB', e: 'AQAB' })), unsupported],
  ['E-08 on secp256k1', keyed((jwk) => ({ ...jwk, crv: 'secp256k1' })), unsupported],
  ['E-08 without a curve', keyed(({ crv: _none, ...jwk }) => jwk), unsupported],
  ['E-08 off the curve', keyed(({ y = '', ...jwk }) => ({ ...jwk, y: flip(y) })), malformed],
  ['E-08 at (0, 0)', keyed((jwk) => ({ ...jwk, x: 'A'.repeat(43), y: 'A'.repeat(43) })), malformed],
  ['E-08 with a short x', keyed((jwk) => ({ ...jwk, x: String(jwk['x']).slice(2) })), malformed],
  ['E-08 with a long y', keyed((jwk) => ({ ...jwk, y: `AA${String(jwk['y'])}` })), malformed],
  ['E-08 with a padded x', keyed((jwk) => ({ ...jwk, x: `${String(jwk['x'])}=` })), malformed],
  ['E-08 without y', keyed(({ y: _none, ...jwk }) => jwk), malformed],
  // RFC 8032 §5.1.3: y = 2 is on no point of the curve, y = 1 on one of order 1.
  ['E-08 off the Edwards curve', keyed(() => edwards('02')), malformed],
  ['E-08 of small order', keyed(() => edwards('01')), malformed],
  ['E-08 for encryption', keyed((jwk) => ({ ...jwk, use: 'enc' })), misused],
  ['E-08 that may sign, not verify', keyed((jwk) => ({ ...jwk, key_ops: ['sign'] })), misused],
  ['E-08 that may nothing', keyed((jwk) => ({ ...jwk, key_ops: [] })), misused],
  [
    'E-08 for signatures',
    keyed((jwk) => ({ ...jwk, use: 'sig', key_ops: ['verify'] })),
    'accepted',
  ],
  ['E-08 that is no object', method(() => ({ publicKeyJwk: 'AAAA' })), malformed],
  ['E-08 that is not there', method(() => ({ publicKeyJwk: null })), malformed],
  [
    'credentials:JC-14 of type JsonWebKey2020',
    method(() => ({ type: 'JsonWebKey2020' })),
    'key-not-found key-type',
  ],
  [
    'credentials:JC-14 of type Multikey',
    method(() => ({ type: 'Multikey' })),
    'key-not-found key-type',
  ],
  [
    'credentials:JC-14 of two types',
    method(() => ({ type: ['JsonWebKey'] })),
    'key-not-found key-type',
  ],
  [
    'credentials:JC-14 in two forms',
    method(() => ({ publicKeyMultibase: 'zDnae' })),
    'key-not-found key-material',
  ],
  [
    'credentials:JC-14 beside its secret form',
    method(() => ({ secretKeyJwk: {} })),
    'key-not-found key-material',
  ],
  [
    'credentials:JC-14b, credentials:CID-04: with a twin of an older type under another name',
    (w) =>
      documentOf(w, {
        verificationMethod: [
          methodOf(w, { id: `${w.issuer}#twin`, type: 'JsonWebKey2020' }),
          methodOf(w),
        ],
        assertionMethod: [`${w.issuer}#twin`, w.kidOf(w.issuerKey)],
      }),
    'accepted',
  ],
  ...(['expires', 'revoked'] as const).flatMap((name): DidCase[] => {
    const past = name === 'expires' ? 'key-not-found key-expired' : 'key-not-found key-revoked';
    return [
      [`credentials:CID-03 ${name} now`, method((w) => ({ [name]: secondsFromNow(w, 0) })), past],
      [
        `credentials:CID-03 ${name} long ago`,
        method(() => ({ [name]: '2020-01-01T00:00:00Z' })),
        past,
      ],
      [
        `credentials:CID-03 ${name} in a second`,
        method((w) => ({ [name]: secondsFromNow(w, 1) })),
        'accepted',
      ],
      [
        `credentials:CID-03 ${name} without a zone`,
        method(() => ({ [name]: '2030-01-01T00:00:00' })),
        'key-not-found key-date',
      ],
      [
        `credentials:CID-03 ${name} null`,
        method(() => ({ [name]: null })),
        'key-not-found key-date',
      ],
    ];
  }),
];

/** An Ed25519 key whose first octet this is, and whose others are zero. */
function edwards(hex: string): JsonObject {
  const x = Buffer.from(hex.padEnd(64, '0'), 'hex').toString('base64url');
  return { kty: 'OKP', crv: 'Ed25519', x };
}

const many = (world: PaperWorld, count: number) =>
  Array.from({ length: count }, (_, at) => methodOf(world, { id: `${world.issuer}#${at}` }));

/** How much of it there is. */
export const sizeCases: readonly DidCase[] = [
  [
    'E-11 64 methods',
    (w) => documentOf(w, { verificationMethod: [...many(w, 63), methodOf(w)] }),
    'accepted',
  ],
  [
    'E-11 65 methods',
    (w) => documentOf(w, { verificationMethod: [...many(w, 64), methodOf(w)] }),
    'issuer-unresolvable did-document-shape',
  ],
  [
    'E-11 65 methods in assertionMethod',
    (w) => documentOf(w, { assertionMethod: [...many(w, 64), w.kidOf(w.issuerKey)] }),
    'issuer-unresolvable did-document-shape',
  ],
  ['E-11 31 levels below its own', (w) => documentOf(w, { x: nested(31) }), 'accepted'],
  [
    'E-11 32 levels below its own',
    (w) => documentOf(w, { x: nested(32) }),
    'issuer-unresolvable json-depth',
  ],
];

function nested(levels: number): JsonValue {
  return JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
}
