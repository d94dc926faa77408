import type { JsonObject, JsonValue } from '../../../src/protocol/strict-json.ts';
import type { PaperWorld, TestKey } from './paper-world.ts';

/** A verification method for a key of the issuer, with these members changed. */
export function methodOf(
  world: PaperWorld,
  changes: JsonObject = {},
  key: TestKey = world.issuerKey,
): JsonObject {
  return {
    id: world.kidOf(key),
    type: 'JsonWebKey',
    controller: world.issuer,
    publicKeyJwk: { ...key.jwk },
    ...changes,
  };
}

/** The issuer's DID document with its one key, with these members changed. */
export function documentOf(world: PaperWorld, changes: JsonObject = {}): JsonObject {
  return {
    id: world.issuer,
    verificationMethod: [methodOf(world)],
    assertionMethod: [world.kidOf(world.issuerKey)],
    ...changes,
  };
}

/** A DID document, and what becomes of a genuine passport under it. */
export type DidCase = readonly [
  name: string,
  document: (world: PaperWorld) => JsonValue,
  /** `accepted`, or the reason and the rule. */
  outcome: string,
];

const unresolvable = 'issuer-unresolvable did-document-id';
const misshapen = 'issuer-unresolvable did-document-shape';
const notFound = 'key-not-found key-not-found';

const withMethods = (...methods: readonly JsonValue[]) => ({ verificationMethod: methods });
const other = 'did:web:other.com';
const fragmentOf = (world: PaperWorld) => `#${world.issuerKey.thumbprint}`;
const kidOf = (world: PaperWorld) => world.kidOf(world.issuerKey);

/** Whose document it is. */
export const identityCases: readonly DidCase[] = [
  ['E-01, credentials:DW-03: another DID', (w) => documentOf(w, { id: other }), unresolvable],
  ['E-01 a DID below it', (w) => documentOf(w, { id: `${w.issuer}:a` }), unresolvable],
  [
    'E-01 a DID whose document is at the same place',
    (w) => documentOf(w, { id: `${w.issuer}:.well-known` }),
    unresolvable,
  ],
  [
    'E-01 its DID in capitals',
    (w) => documentOf(w, { id: 'did:web:ID.acme.com' }),
    'issuer-unresolvable did-path',
  ],
  [
    'E-01 its DID with a fragment',
    (w) => documentOf(w, { id: `${w.issuer}#` }),
    'issuer-unresolvable did-path',
  ],
  ['E-01 a list of DIDs', (w) => documentOf(w, { id: [w.issuer] }), 'issuer-unresolvable did-type'],
  [
    'E-01 no id',
    (w) => ({ verificationMethod: [methodOf(w)], assertionMethod: [kidOf(w)] }),
    'issuer-unresolvable did-type',
  ],
  ['E-01 a list of documents', (w) => [documentOf(w)], 'issuer-unresolvable json-not-object'],
];

/** Whose the key is, and what it is for. */
export const relationshipCases: readonly DidCase[] = [
  ['E-03 in assertionMethod by reference', (w) => documentOf(w), 'accepted'],
  [
    'E-03 in assertionMethod itself',
    (w) => ({ id: w.issuer, assertionMethod: [methodOf(w)] }),
    'accepted',
  ],
  [
    'E-03 in every relationship',
    (w) => documentOf(w, { authentication: [kidOf(w)], keyAgreement: [kidOf(w)] }),
    'accepted',
  ],
  ...[
    'authentication',
    'keyAgreement',
    'capabilityInvocation',
    'capabilityDelegation',
    'AssertionMethod',
  ].flatMap((name): DidCase[] => [
    [
      `E-03, credentials:CID-04: in ${name} by reference alone`,
      (w) => documentOf(w, { assertionMethod: [], [name]: [kidOf(w)] }),
      'key-not-found key-relationship',
    ],
    [
      `E-03 in ${name} itself alone`,
      (w) => ({ id: w.issuer, assertionMethod: [kidOf(w)], [name]: [methodOf(w)] }),
      notFound,
    ],
  ]),
  [
    'E-04 without assertionMethod',
    (w) => ({ id: w.issuer, verificationMethod: [methodOf(w)] }),
    'key-not-found key-relationship',
  ],
  [
    'E-04 assertionMethod: null',
    (w) => documentOf(w, { assertionMethod: null }),
    'key-not-found key-relationship',
  ],
  ['E-04 assertionMethod: a text', (w) => documentOf(w, { assertionMethod: kidOf(w) }), misshapen],
  [
    'E-04 assertionMethod: an object',
    (w) => documentOf(w, { assertionMethod: methodOf(w) }),
    misshapen,
  ],
  [
    'E-02, credentials:CID-04: the controller is another DID',
    (w) => documentOf(w, withMethods(methodOf(w, { controller: other }))),
    'key-not-found key-controller',
  ],
  [
    'E-02 the controllers are a list',
    (w) => documentOf(w, withMethods(methodOf(w, { controller: [w.issuer, other] }))),
    'key-not-found key-controller',
  ],
  [
    'E-02 there is no controller',
    (w) => {
      const { controller: _none, ...method } = methodOf(w);
      return documentOf(w, withMethods(method));
    },
    'key-not-found key-controller',
  ],
  [
    'E-02 the document is controlled by another DID, its method by its own',
    (w) => documentOf(w, { controller: other }),
    'accepted',
  ],
];

/** What the method is called. */
export const nameCases: readonly DidCase[] = [
  [
    'E-05 twice, with another key second',
    (w) =>
      documentOf(w, withMethods(methodOf(w), methodOf(w, { publicKeyJwk: { ...w.agentKey.jwk } }))),
    'key-not-found key-ambiguous',
  ],
  [
    'E-05 twice, with another key first',
    (w) =>
      documentOf(w, withMethods(methodOf(w, { publicKeyJwk: { ...w.agentKey.jwk } }), methodOf(w))),
    'key-not-found key-ambiguous',
  ],
  [
    'E-05 once absolute and once relative',
    (w) => documentOf(w, withMethods(methodOf(w), methodOf(w, { id: fragmentOf(w) }))),
    'key-not-found key-ambiguous',
  ],
  [
    'E-05 listed, and in assertionMethod itself',
    (w) => documentOf(w, { assertionMethod: [methodOf(w)] }),
    'key-not-found key-ambiguous',
  ],
  [
    'E-05 twice, the second time of another controller',
    (w) => documentOf(w, withMethods(methodOf(w), methodOf(w, { controller: other }))),
    'key-not-found key-ambiguous',
  ],
  [
    'E-06 relative, where it is listed',
    (w) => documentOf(w, withMethods(methodOf(w, { id: fragmentOf(w) }))),
    'accepted',
  ],
  [
    'E-06 relative, where it is referred to',
    (w) => documentOf(w, { assertionMethod: [fragmentOf(w)] }),
    'accepted',
  ],
  [
    'E-06 the fragment of another DID',
    (w) => documentOf(w, withMethods(methodOf(w, { id: `${other}${fragmentOf(w)}` }))),
    notFound,
  ],
  [
    'E-06 a path and the fragment',
    (w) => documentOf(w, withMethods(methodOf(w, { id: `/${fragmentOf(w)}` }))),
    notFound,
  ],
  [
    'E-06 referred to as the fragment of another DID',
    (w) => documentOf(w, { assertionMethod: [`${other}${fragmentOf(w)}`] }),
    'key-not-found key-relationship',
  ],
  [
    'E-07 of another DID, in assertionMethod itself',
    (w) => ({
      id: w.issuer,
      assertionMethod: [methodOf(w, { id: `${other}${fragmentOf(w)}` })],
    }),
    notFound,
  ],
  [
    'E-07 of another DID and its controller, in assertionMethod itself',
    (w) => ({
      id: w.issuer,
      assertionMethod: [methodOf(w, { id: `${other}${fragmentOf(w)}`, controller: other })],
    }),
    notFound,
  ],
  [
    'E-07 beside methods of other DIDs',
    (w) =>
      documentOf(w, {
        assertionMethod: [
          methodOf(w, { id: `${other}${fragmentOf(w)}`, controller: other }),
          kidOf(w),
        ],
      }),
    'accepted',
  ],
  ['E-07 a method without a name', (w) => documentOf(w, { assertionMethod: [{}] }), misshapen],
];
