import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { encodeBase64url } from '../../../src/protocol/base64url.ts';
import {
  type Forger,
  type Forgery,
  forge,
  headerOf,
  partOf,
  seal,
  under,
  underText,
} from './forge.ts';
import { createKey, type PaperWorld } from './paper-world.ts';

/** A token under another `alg`, signed as that algorithm signs. */
function by(alg: string, signer: (input: Buffer, world: PaperWorld) => Buffer): Forger {
  return async (world) => {
    const input = `${partOf(headerOf(world, { alg }))}.${partOf(await world.passport())}`;
    return `${input}.${encodeBase64url(signer(Buffer.from(input), world))}`;
  };
}

/** An HMAC whose secret is a spelling of the issuer's public key. */
function macWith(spelling: (key: KeyObject) => string | Buffer): Forger {
  return by('HS256', (input, { issuerKey }) => {
    const key = createPublicKey({ key: { ...issuerKey.jwk }, format: 'jwk' });
    return createHmac('sha256', spelling(key)).update(input).digest();
  });
}

/** A signature by a key pair made for it. */
function pairSigns(key: KeyObject, digest: string | null, options: object = {}) {
  return (input: Buffer) => sign(digest, input, { key, ...options } as SignKeyObjectInput);
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const raw = { dsaEncoding: 'ieee-p1363' };
const pss = { padding: 6, saltLength: 32 };
const notAllowed = '/header/alg alg-not-allowed';

/** Signed by nobody, or in a way that is not read here. */
export const algorithmForgeries: readonly Forgery[] = [
  ...['none', 'None', 'nOnE', 'NONE', ''].map(
    (alg): Forgery => [
      `D-01 alg ${JSON.stringify(alg)} and no signature`,
      async (world) => `${partOf(headerOf(world, { alg }))}.${partOf(await world.passport())}.`,
      notAllowed,
    ],
  ),
  ['D-01, credentials:JC-05: alg none beside a signature', under({ alg: 'none' }), notAllowed],
  ['D-01 alg null beside a signature', under({ alg: null }), notAllowed],
  ['D-01 no alg', underText((text) => text.replace('"alg":"ES256",', '')), notAllowed],
  [
    'D-02 HS256 keyed with the JWK',
    macWith((key) => JSON.stringify(key.export({ format: 'jwk' }))),
    notAllowed,
  ],
  [
    'D-02 HS256 keyed with the PEM',
    macWith((key) => key.export({ type: 'spki', format: 'pem' })),
    notAllowed,
  ],
  [
    'D-02 HS256 keyed with the DER',
    macWith((key) => key.export({ type: 'spki', format: 'der' })),
    notAllowed,
  ],
  [
    'D-02 HS256 keyed with the point',
    macWith((key) => key.export({ type: 'spki', format: 'der' }).subarray(-65)),
    notAllowed,
  ],
  ['D-03 RS256', by('RS256', pairSigns(rsa, 'sha256')), notAllowed],
  ['D-03 PS256', by('PS256', pairSigns(rsa, 'sha256', pss)), notAllowed],
  ['D-03 ES384', by('ES384', pairSigns(curve('P-384'), 'sha384', raw)), notAllowed],
  ['D-03 ES512', by('ES512', pairSigns(curve('P-521'), 'sha512', raw)), notAllowed],
  ['D-03 ES256K', by('ES256K', pairSigns(curve('secp256k1'), 'sha256', raw)), notAllowed],
  ['D-03 Ed448', by('Ed448', pairSigns(generateKeyPairSync('ed448').privateKey, null)), notAllowed],
  ['D-03 ESP256, a name of COSE', under({ alg: 'ESP256' }), notAllowed],
  ['D-03 es256 in small letters', under({ alg: 'es256' }), notAllowed],
  ['D-03 ES256 and a space', under({ alg: 'ES256 ' }), notAllowed],
  ['D-03 ES256 in a list', under({ alg: ['ES256'] }), notAllowed],
];

const stranger = (name: string) => `/header/${name} jws-header`;
const elsewhere = 'https://evil.example/keys';

/** A header that brings a key, an extension or a compression of its own. */
export const memberForgeries: readonly Forgery[] = [
  [
    'D-05, credentials:ALG-06: the forger’s key in jwk, and its signature',
    async (world) => {
      const key = await createKey();
      return forge(world, { header: headerOf(world, { jwk: { ...key.jwk } }), key });
    },
    stranger('jwk'),
  ],
  [
    'D-05 the issuer’s own key in jwk',
    (world) => under({ jwk: { ...world.issuerKey.jwk } })(world),
    stranger('jwk'),
  ],
  ['D-06, credentials:ALG-06: jku', under({ jku: elsewhere }), stranger('jku')],
  ['D-06, credentials:ALG-06: x5u', under({ x5u: elsewhere }), stranger('x5u')],
  ['D-06 jku at the issuer', under({ jku: 'https://id.acme.com/jwks.json' }), stranger('jku')],
  ['D-07 x5c', under({ x5c: ['MIIB'] }), stranger('x5c')],
  ['D-07 x5t', under({ x5t: 'AAAA' }), stranger('x5t')],
  ['D-07 x5t#S256', under({ 'x5t#S256': 'AAAA' }), stranger('x5t#S256')],
  ['D-08 crit with a name', under({ crit: ['x'] }), stranger('crit')],
  ['D-08 crit with a name, and that member', under({ crit: ['x'], x: 1 }), stranger('crit')],
  ['D-08 crit with nothing', under({ crit: [] }), stranger('crit')],
  ['D-08 crit with alg', under({ crit: ['alg'] }), stranger('crit')],
  ['D-08 crit that is a text', under({ crit: 'x' }), stranger('crit')],
  ['D-09 b64 without crit', under({ b64: false }), stranger('b64')],
  ['D-09 b64 with crit', under({ b64: false, crit: ['b64'] }), stranger('b64')],
  [
    'D-09 b64 with crit, and the payload as it is',
    async (world) => {
      const header = partOf(headerOf(world, { b64: false, crit: ['b64'] }));
      return seal(`${header}.${JSON.stringify(await world.passport())}`, world.issuerKey);
    },
    'jws-format',
  ],
  ['D-10 zip over a plain payload', under({ zip: 'DEF' }), stranger('zip')],
  [
    'D-10 zip over a deflated payload',
    async (world) =>
      forge(world, {
        header: headerOf(world, { zip: 'DEF' }),
        payload: deflateRawSync(JSON.stringify(await world.passport())),
      }),
    stranger('zip'),
  ],
  ['credentials:JC-13 a member that nobody knows', under({ nonce: 'x' }), stranger('nonce')],
];

const otherType = '/header/typ typ-not-allowed';

/** A token of another kind, or a header that not every reader understands the same way. */
export const typeForgeries: readonly Forgery[] = [
  ['D-16 JWT for a typ', under({ typ: 'JWT' }), otherType],
  ['D-16 at+jwt for a typ', under({ typ: 'at+jwt' }), otherType],
  ['D-16 statuslist+jwt for a typ', under({ typ: 'statuslist+jwt' }), otherType],
  ['D-16 vc+ld+jwt for a typ', under({ typ: 'vc+ld+jwt' }), otherType],
  ['D-16 text/vc+jwt for a typ', under({ typ: 'text/vc+jwt' }), otherType],
  ['D-16 a list for a typ', under({ typ: ['vc+jwt'] }), otherType],
  ['D-16 no typ', underText((text) => text.replace('"typ":"vc+jwt",', '')), otherType],
  ['credentials:VCDM-16 vp+jwt for a typ', under({ typ: 'vp+jwt', cty: 'vp' }), otherType],
  ['credentials:SV-05 dc+sd-jwt for a typ', under({ typ: 'dc+sd-jwt' }), otherType],
  ['credentials:VCDM-23 a cty that is no vc', under({ cty: 'vp' }), '/cty credential-content-type'],
  ['D-18 no kid', underText((text) => text.replace(/"kid":"[^"]*",/, '')), stranger('kid')],
  ['D-18 a number for a kid', under({ kid: 7 }), stranger('kid')],
  ['D-18 a list for a kid', under({ kid: ['did:web:id.acme.com#k'] }), stranger('kid')],
  ['D-18 nothing for a kid', under({ kid: '' }), stranger('kid')],
  [
    'D-18 a kid of 700 characters',
    under({ kid: 'did:web:id.acme.com#'.padEnd(700, 'k') }),
    stranger('kid'),
  ],
  ...[
    '../../etc/passwd',
    'did:web:id.acme.com#../../etc/passwd%00',
    "' OR 1=1--",
    "did:web:id.acme.com#k' OR 1=1 --",
    'did:web:id.acme.com#k\u0000',
    'did:web:id.acme.com#k\r\nforged: line',
    'did:web:id.acme.com#<script>alert(1)</script>',
    'did:web:other.com#k1',
    'did:web:id.acme.com:a#k1',
    'did:web:ID.acme.com#k1',
    'did:web:id.acme.com',
    'did:web:id.acme.com#',
    'did:web:id.acme.com?versionId=1#k1',
    'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK',
    '#k1',
  ].map(
    (kid): Forgery => [
      `D-18 ${JSON.stringify(kid)} for a kid`,
      under({ kid }),
      '/kid issuer-mismatch',
    ],
  ),
  [
    'D-19 alg twice',
    underText((text) => text.replace('{', '{"alg":"none",')),
    '/header json-duplicate',
  ],
  [
    'D-19 alg twice, once escaped',
    underText((text) => text.replace('{', '{"\\u0061lg":"none",')),
    '/header json-duplicate',
  ],
  [
    'D-20 a header after a byte order mark',
    underText((text) => `\ufeff${text}`),
    '/header json-utf8',
  ],
  ['D-20 a list for a header', underText((text) => `[${text}]`), '/header json-not-object'],
];
