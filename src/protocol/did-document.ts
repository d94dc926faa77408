import { formatDateTimeMs, parseDateTimeStamp } from './date-time.ts';
import { type Did, parseDidUrl } from './did-web.ts';
import { algorithmOf, type PublicJwk, parsePublicJwk, type SigningAlgorithm } from './jwk.ts';
import { maxVerificationMethods } from './limits.ts';
import { accepted, type Parsed, type Refused, refused, refusedBelow } from './parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

/** What a key of a DID may be used for here (CID-1.0 §2.3). */
export type VerificationRelationship = 'assertionMethod' | 'authentication';

/** A verification method as it is published (CID-1.0 §2.2.3). */
export type VerificationMethodJson = {
  readonly id: string;
  readonly type: 'JsonWebKey';
  readonly controller: string;
  readonly publicKeyJwk: PublicJwk & { readonly kid: string; readonly alg: SigningAlgorithm };
  readonly expires?: string;
  readonly revoked?: string;
};

/** A DID document as it is published. */
export type DidDocumentJson = {
  readonly '@context': readonly string[];
  readonly id: string;
  readonly alsoKnownAs?: readonly string[];
  readonly verificationMethod?: readonly VerificationMethodJson[];
  readonly assertionMethod?: readonly string[];
  readonly authentication?: readonly string[];
};

/** A key that a DID document is to list. */
export interface DidKey {
  /** Absolute DID URL below the DID of the document. */
  readonly kid: string;
  readonly jwk: PublicJwk;
  /** Empty for a key that is listed to say that it no longer counts. */
  readonly relationships: readonly VerificationRelationship[];
  /** From then on nothing verifies under it (CID-1.0 §2.2); null where no end is known. */
  readonly expires?: Date | null;
  /** Since then nothing verifies under it, whenever it was signed (CID-1.0 §2.2). */
  readonly revoked?: Date | null;
}

/** One verification method of a DID document that was read. Judged when it is asked for. */
export interface VerificationMethod {
  /** Absolute: a relative reference is resolved against the DID (DID-1.0 §3.2.2). */
  readonly id: string;
  readonly json: JsonObject;
  readonly key: Parsed<PublicJwk>;
}

/** A DID document that was read, reduced to what verification needs. */
export interface DidDocument {
  readonly did: Did;
  readonly alsoKnownAs: readonly string[];
  readonly methods: readonly VerificationMethod[];
  /** Absolute ids of the methods that may sign assertions. */
  readonly assertionMethod: readonly string[];
}

/**
 * Builds the DID document of a did:web DID. Without keys it is the document of a retired identity:
 * it still resolves, and nothing verifies under it.
 */
export function buildDidDocument(input: {
  readonly did: Did;
  readonly alsoKnownAs?: readonly string[];
  readonly keys: readonly DidKey[];
}): DidDocumentJson {
  const { did, alsoKnownAs = [], keys } = input;
  return {
    // CID-1.0 §2.2.3: `JsonWebKey` is a term of the controlled identifiers context.
    '@context': ['https://www.w3.org/ns/did/v1', 'https://www.w3.org/ns/cid/v1'],
    id: did,
    ...(alsoKnownAs.length > 0 && { alsoKnownAs }),
    ...(keys.length > 0 && {
      verificationMethod: keys.map((key) => buildMethod(did, key)),
      ...relationshipOf('assertionMethod', keys),
      ...relationshipOf('authentication', keys),
    }),
  };
}

function buildMethod(did: Did, key: DidKey): VerificationMethodJson {
  const { kid, jwk, expires = null, revoked = null } = key;
  // RFC 7638 §1 and CID-1.0 §2.2.3: the fragment, our thumbprint, is the name of the key itself.
  const name = kid.slice(kid.indexOf('#') + 1);
  const publicKeyJwk = { ...jwk, kid: name, alg: algorithmOf(jwk) };
  return {
    ...{ id: kid, type: 'JsonWebKey', controller: did, publicKeyJwk },
    ...(expires !== null && { expires: formatDateTimeMs(expires) }),
    ...(revoked !== null && { revoked: formatDateTimeMs(revoked) }),
  };
}

/** A document has only the relationships that its keys have (CID-1.0 §2.3). */
function relationshipOf(
  relationship: VerificationRelationship,
  keys: readonly DidKey[],
): { readonly [Name in VerificationRelationship]?: readonly string[] } {
  const ids = keys
    .filter(({ relationships }) => relationships.includes(relationship))
    .map(({ kid }) => kid);
  return ids.length === 0 ? {} : { [relationship]: ids };
}

/**
 * Parses the DID document that was read for `did`. Rules: `did-document-shape`, and
 * `did-document-id` when it is the document of another DID (did:web §2.5.2). A method that is
 * malformed or of another kind does not refuse the document: it is refused when it is asked for.
 */
export function parseDidDocument(json: JsonValue, did: Did): Parsed<DidDocument> {
  if (!isJsonObject(json)) return misshapen('');
  if (json['id'] !== did) {
    return refused('/id', 'did-document-id', 'the document of another DID');
  }
  const alsoKnownAs = json['alsoKnownAs'] ?? [];
  const listed = json['verificationMethod'] ?? [];
  const assertion = json['assertionMethod'] ?? [];
  if (!isTextArray(alsoKnownAs)) return misshapen('/alsoKnownAs');
  if (!isShortArray(listed)) return misshapen('/verificationMethod');
  if (!isShortArray(assertion)) return misshapen('/assertionMethod');
  const references = assertion.filter((entry) => typeof entry === 'string');
  const embedded = parseMethods(
    assertion.filter((entry) => typeof entry !== 'string'),
    { did, pointer: '/assertionMethod' },
  );
  const methods = parseMethods(listed, { did, pointer: '/verificationMethod' });
  if (!embedded.ok) return embedded;
  if (!methods.ok) return methods;
  return accepted({
    did,
    alsoKnownAs,
    methods: [...methods.value, ...embedded.value],
    assertionMethod: [
      ...references.map((reference) => absolute(reference, did)),
      ...embedded.value.map(({ id }) => id),
    ],
  });
}

function parseMethods(
  entries: readonly JsonValue[],
  { did, pointer }: { readonly did: Did; readonly pointer: string },
): Parsed<readonly VerificationMethod[]> {
  const methods: VerificationMethod[] = [];
  for (const json of entries) {
    const id = isJsonObject(json) ? json['id'] : undefined;
    if (!isJsonObject(json) || typeof id !== 'string') return misshapen(pointer);
    methods.push({ id: absolute(id, did), json, key: parsePublicJwk(json['publicKeyJwk']) });
  }
  return accepted(methods);
}

/**
 * Finds the key that a `kid` names among those that may sign assertions at an instant
 * (CID-1.0 §3.3). Rules: `key-not-found`, `key-ambiguous` (the id is given to several methods),
 * `key-controller`, `key-relationship`, `key-expired`, `key-revoked`, `key-type`, `key-material`,
 * `key-date`, and those of `parsePublicJwk`.
 */
export function findAssertionKey(
  document: DidDocument,
  asked: { readonly kid: string; readonly at: Date },
): Parsed<PublicJwk> {
  const kid = parseDidUrl(asked.kid);
  if (!kid.ok || kid.value.did.did !== document.did) {
    return refused('', 'key-not-found', 'the kid is not a key of this DID');
  }
  const [method, second] = document.methods.filter(({ id }) => id === asked.kid);
  if (method === undefined) return refused('', 'key-not-found', 'the DID does not list this key');
  if (second !== undefined) return refused('', 'key-ambiguous', 'the DID lists this key twice');
  // CID-1.0 §3.3: the method is controlled by the document it is in, and in the relationship.
  if (method.json['controller'] !== document.did) {
    return refused('', 'key-controller', 'the key is controlled by another identity');
  }
  if (!document.assertionMethod.includes(method.id)) {
    return refused('', 'key-relationship', 'the key is not one for assertions');
  }
  const fault = findTimeFault(method.json, asked.at) ?? findMaterialFault(method.json);
  if (fault !== undefined) return fault;
  return method.key.ok ? method.key : refusedBelow('/publicKeyJwk', method.key);
}

function findMaterialFault(method: JsonObject): Refused | undefined {
  // VC-JOSE-COSE §4.3: JsonWebKey, with its key in publicKeyJwk.
  if (method['type'] !== 'JsonWebKey') {
    return refused('/type', 'key-type', 'the method is not a JsonWebKey');
  }
  // CID-1.0 §2.2: a method has exactly one form of its key.
  const forms = Object.keys(method).filter((member) =>
    /^(?:public|secret|private)Key/.test(member),
  );
  return forms.length === 1 && forms[0] === 'publicKeyJwk'
    ? undefined
    : refused('', 'key-material', 'the key is not in publicKeyJwk alone');
}

// CID-1.0 §2.2: from these instants on nothing verifies under the method.
function findTimeFault(method: JsonObject, at: Date): Refused | undefined {
  for (const [member, rule] of [
    ['expires', 'key-expired'],
    ['revoked', 'key-revoked'],
  ] as const) {
    if (method[member] === undefined) continue;
    const end = parseDateTimeStamp(method[member]);
    if (!end.ok) return refused(`/${member}`, 'key-date', 'not a date and time with a time zone');
    if (end.value <= at) return refused(`/${member}`, rule, 'the key is past its end');
  }
  return undefined;
}

function absolute(reference: string, did: Did): string {
  return reference.startsWith('#') ? `${did}${reference}` : reference;
}

function isShortArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value) && value.length <= maxVerificationMethods;
}

function isTextArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function misshapen(pointer: string): Refused {
  return refused(pointer, 'did-document-shape', 'not a DID document with at most 64 methods');
}
