import { uriPattern } from './claim-shape.ts';
import { parseClientId } from './client-id.ts';
import type { CompactJws } from './compact-jws.ts';
import {
  buildStatusMembers,
  parseStatusEntries,
  type StatusEntries,
  type StatusReferences,
} from './credential-status.ts';
import { formatDateTime } from './date-time.ts';
import { type Did, parseDidWeb } from './did-web.ts';
import { credentialsContext, numericDateOf, parseIssuance } from './issuance.ts';
import { accepted, type Parsed, pointerTo, type Refused, refused } from './parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

export type { BitstringEntry, StatusReferences, TokenStatusEntry } from './credential-status.ts';

/** Path of our JSON-LD terms below an installation's origin. */
export const agentContextPath = '/contexts/agent-v1.jsonld';

/** Names the terms that no context defines; always last (VCDM-2.0 §5.2.1). */
const undefinedTermsContext = 'https://www.w3.org/ns/credentials/undefined-terms/v2';

/** A credential about an agent, read from a JWS whose signature is somebody else's business. */
export interface AgentCredential extends StatusEntries {
  readonly id: string;
  readonly types: readonly string[];
  readonly issuer: Did;
  /** The later of `validFrom` and `iat`. */
  readonly validFrom: Date;
  /** The earlier of `validUntil` and `exp`. */
  readonly validUntil: Date;
  readonly subject: JsonObject & { readonly id: string; readonly did: string };
  /** The client_id that the credential is about. */
  readonly subjectId: string;
  readonly subjectDid: Did;
  /** URL of the JSON Schema that the credential names. */
  readonly schemaId: string | undefined;
  readonly payload: JsonObject;
}

/** What the payload of a credential about an agent is made of. */
export interface EnvelopeInput {
  /** Where schemas and contexts are, without a final slash. */
  readonly origin: string;
  /** Absolute URI, such as `urn:uuid:…`. */
  readonly id: string;
  readonly issuer: Did;
  /** Beside `VerifiableCredential`. */
  readonly types: readonly string[];
  readonly subject: JsonObject & { readonly id: string };
  /** Absolute URL of the JSON Schema. */
  readonly schema: string;
  /** Whether the subject has terms that no context of ours defines. */
  readonly hasUndefinedTerms?: boolean;
  /** Whole seconds: a fraction is cut. */
  readonly validFrom: Date;
  readonly validUntil: Date;
  readonly status: StatusReferences;
  /** Outside documents with their digests (VCDM-2.0 §5.3). */
  readonly relatedResource?: readonly JsonObject[] | undefined;
}

/** Builds the payload of a credential about an agent; the order of its members is fixed. */
export function buildEnvelope(input: EnvelopeInput): JsonObject {
  return {
    '@context': [
      credentialsContext,
      `${input.origin}${agentContextPath}`,
      ...(input.hasUndefinedTerms === true ? [undefinedTermsContext] : []),
    ],
    id: input.id,
    type: ['VerifiableCredential', ...input.types],
    issuer: input.issuer,
    validFrom: formatDateTime(input.validFrom),
    validUntil: formatDateTime(input.validUntil),
    credentialSubject: input.subject,
    credentialSchema: { id: input.schema, type: 'JsonSchema' },
    ...buildStatusMembers(input.status),
    ...(input.relatedResource !== undefined && { relatedResource: input.relatedResource }),
    iss: input.issuer,
    sub: input.subject.id,
    iat: numericDateOf(input.validFrom),
    exp: numericDateOf(input.validUntil),
  };
}

const mandatoryMembers = [
  '@context',
  'id',
  'type',
  'issuer',
  'validFrom',
  'validUntil',
  'credentialSubject',
  'iss',
  'sub',
  'iat',
  'exp',
];
const knownMembers: ReadonlySet<string> = new Set([
  ...mandatoryMembers,
  'credentialSchema',
  'credentialStatus',
  'status',
  'relatedResource',
]);

/**
 * Parses the payload of a credential about an agent: VCDM 2.0 with the members of our profile and
 * no others, so that no statement goes unread (no `vc`, `vp`, `nbf`, `proof` or `jti`). Rules:
 * `subject-…` for the subject, `status-…` for where its status is found, `issuer-mismatch`, and
 * `credential-…` for everything else.
 */
export function parseAgentCredential(jws: CompactJws): Parsed<AgentCredential> {
  const { payload } = jws;
  const fault = findEnvelopeFault(payload);
  if (fault !== undefined) return fault;
  const issuance = parseIssuance(jws);
  if (!issuance.ok) return issuance;
  const { issuer, validFrom, validUntil } = issuance.value;
  const subject = parseSubject(payload);
  if (!subject.ok) return subject;
  const status = parseStatusEntries(payload);
  if (!status.ok) return status;
  if (validUntil === undefined) {
    return refused('/validUntil', 'credential-time', 'has no end');
  }
  return accepted({
    id: String(payload['id']),
    types: textsOf(payload['type']) ?? [],
    issuer: issuer.did,
    validFrom,
    validUntil,
    ...subject.value,
    ...status.value,
    schemaId: schemaIdOf(payload['credentialSchema']),
    payload,
  });
}

function findEnvelopeFault(payload: JsonObject): Refused | undefined {
  for (const name of mandatoryMembers) {
    if (!Object.hasOwn(payload, name)) {
      return refused(pointerTo(name), 'credential-missing-member', 'is missing');
    }
  }
  // VC-JOSE-COSE §3.1 bans `vc` and `vp`; the other strangers are banned by our profile.
  for (const name of Object.keys(payload)) {
    if (!knownMembers.has(name)) {
      return refused(pointerTo(name), 'credential-unknown-member', 'is not a known member');
    }
  }
  if (!isContextList(payload['@context'])) {
    return refused('/@context', 'credential-context', 'not the contexts of this profile in order');
  }
  // VCDM-2.0 §4.4 and §4.5.
  if (typeof payload['id'] !== 'string' || !uriPattern.test(payload['id'])) {
    return refused('/id', 'credential-id', 'not an absolute URI');
  }
  const types = textsOf(payload['type']);
  return types?.includes('VerifiableCredential') && new Set(types).size === types.length
    ? findResourceFault(payload)
    : refused('/type', 'credential-type', 'not the types of a verifiable credential');
}

// VCDM-2.0 §4.3: ordered, the base context first; nothing here is ever fetched.
function isContextList(value: JsonValue | undefined): boolean {
  const [base, terms, last, ...rest] = textsOf(value) ?? [];
  return (
    base === credentialsContext &&
    terms?.endsWith(agentContextPath) === true &&
    /^https?:\/\/[^/?#]+$/.test(terms.slice(0, -agentContextPath.length)) &&
    (last === undefined || last === undefinedTermsContext) &&
    rest.length === 0
  );
}

function findResourceFault(payload: JsonObject): Refused | undefined {
  const { credentialSchema, relatedResource = [] } = payload;
  // VCDM-2.0 §4.11: a schema has an id, which is a URL, and a type.
  if (credentialSchema !== undefined && !isResource(credentialSchema, ['type'])) {
    return refused('/credentialSchema', 'credential-schema', 'not a schema with an id and a type');
  }
  // VCDM-2.0 §5.3: objects with distinct ids and at least one digest each.
  return Array.isArray(relatedResource) &&
    relatedResource.every((each) => isResource(each, ['digestSRI', 'digestMultibase'])) &&
    new Set(relatedResource.map((each) => each.id)).size === relatedResource.length
    ? undefined
    : refused('/relatedResource', 'credential-related-resource', 'not resources with digests');
}

/**
 * Why a credential is not exactly one of ours although its envelope is well formed: it says that
 * some of its terms are undefined, or has a member that only other kinds have. Rules:
 * `credential-context`, `credential-unknown-member`.
 */
export function findStrangeness(
  { payload }: AgentCredential,
  unknownMembers: readonly string[] = [],
): Refused | undefined {
  const stranger = unknownMembers.find((name) => Object.hasOwn(payload, name));
  if (stranger !== undefined) {
    return refused(pointerTo(stranger), 'credential-unknown-member', 'is not a known member');
  }
  return textsOf(payload['@context'])?.includes(undefinedTermsContext) === true
    ? refused('/@context', 'credential-context', 'all terms of this credential are defined')
    : undefined;
}

type Subject = Pick<AgentCredential, 'subject' | 'subjectId' | 'subjectDid'>;

// VCDM-2.0 §4.8 allows several subjects; a credential about an agent has one.
function parseSubject(payload: JsonObject): Parsed<Subject> {
  const subject = payload['credentialSubject'];
  if (!isJsonObject(subject)) {
    return refused('/credentialSubject', 'subject-type', 'not one subject');
  }
  const id = parseClientId(subject['id'], { allowLoopback: true });
  if (!id.ok) return refused('/credentialSubject/id', 'subject-id', 'not a client_id URL');
  const did = parseDidWeb(subject['did']);
  if (!did.ok) return refused('/credentialSubject/did', 'subject-did', 'not a did:web identifier');
  // VC-JOSE-COSE §3.1.3: registered claims do not contradict the credential.
  if (payload['sub'] !== id.value) {
    return refused('/sub', 'subject-mismatch', 'sub and credentialSubject.id are not the same');
  }
  return accepted({
    subject: { ...subject, id: id.value, did: did.value.did },
    subjectId: id.value,
    subjectDid: did.value.did,
  });
}

// VC-JOSE-COSE §5: a schema of a type that we do not know is ignored.
function schemaIdOf(schema: JsonValue | undefined): string | undefined {
  if (!isJsonObject(schema) || schema['type'] !== 'JsonSchema') return undefined;
  return String(schema['id']);
}

/** Whether a value is an object with a URI for an id and a text in one of these members. */
function isResource(value: JsonValue, members: readonly string[]): boolean {
  if (!isJsonObject(value)) return false;
  const { id } = value;
  const named = typeof id === 'string' && uriPattern.test(id);
  return named && members.some((member) => typeof value[member] === 'string');
}

function textsOf(value: JsonValue | undefined): readonly string[] | undefined {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
    ? value
    : undefined;
}
