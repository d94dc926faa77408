import { type AllowedActionsClaims, allowedActionsClaims } from './allowed-actions-claims.ts';
import { parseShape, type Shape, text } from './claim-shape.ts';
import { type ComplianceClaims, complianceClaims } from './compliance-claims.ts';
import {
  type AgentCredential,
  buildEnvelope,
  findStrangeness,
  type StatusReferences,
} from './credential-envelope.ts';
import type { Did } from './did-web.ts';
import { accepted, type Parsed, refused } from './parsed.ts';
import { type ProvenanceClaims, provenanceClaims } from './provenance-claims.ts';
import type { JsonObject, JsonValue } from './strict-json.ts';

export type { AllowedAction, AllowedActionsClaims, Delegation } from './allowed-actions-claims.ts';
export type { Attestation, ComplianceClaims, PinnedDocument } from './compliance-claims.ts';
export type {
  Artifact,
  Build,
  Model,
  ModelApproval,
  ProvenanceClaims,
  Software,
} from './provenance-claims.ts';

/** The kinds of credential that a passport summarises, by their names in the API. */
export const facetTypes = ['compliance', 'provenance', 'allowed-actions'] as const;

/** One kind of facet. */
export type FacetType = (typeof facetTypes)[number];

/** The claims of each kind of facet. */
export interface FacetClaimsByType {
  readonly compliance: ComplianceClaims;
  readonly provenance: ProvenanceClaims;
  readonly 'allowed-actions': AllowedActionsClaims;
}

/** The claims of a facet of some kind. */
export type FacetClaims = FacetClaimsByType[FacetType];

/** The credential type of each kind of facet. */
export const facetCredentialTypes: Readonly<Record<FacetType, string>> = {
  compliance: 'AgentComplianceCredential',
  provenance: 'AgentProvenanceCredential',
  'allowed-actions': 'AgentAllowedActionsCredential',
};

/** File name of the JSON Schema of each kind of facet below `/schemas/`. */
export const facetSchemas: Readonly<Record<FacetType, string>> = {
  compliance: 'agent-compliance.v1.json',
  provenance: 'agent-provenance.v1.json',
  'allowed-actions': 'agent-allowed-actions.v1.json',
};

const claimShapes: { readonly [T in FacetType]: Shape<FacetClaimsByType[T]> } = {
  compliance: complianceClaims,
  provenance: provenanceClaims,
  'allowed-actions': allowedActionsClaims,
};

/** What a facet is made of. */
export interface FacetInput {
  readonly type: FacetType;
  readonly origin: string;
  /** Absolute URI, such as `urn:uuid:…`. */
  readonly id: string;
  readonly issuer: Did;
  readonly clientId: string;
  readonly did: string;
  readonly name: string;
  /** As accepted by `parseFacetClaims`. */
  readonly claims: JsonObject | FacetClaims;
  readonly validFrom: Date;
  readonly validUntil: Date;
  readonly status: StatusReferences;
  readonly relatedResource?: readonly JsonObject[] | undefined;
}

/** A facet that was read. */
export interface Facet<T extends FacetType = FacetType> {
  readonly credential: AgentCredential;
  readonly type: T;
  readonly name: string;
  readonly claims: FacetClaimsByType[T];
}

/** Builds the payload of a facet. */
export function buildFacet(input: FacetInput): JsonObject {
  const { origin, id, issuer, clientId, did, name, validFrom, validUntil, status } = input;
  const claims = input.claims as JsonObject;
  return buildEnvelope({
    origin,
    id,
    issuer,
    types: [facetCredentialTypes[input.type]],
    subject: { id: clientId, did, name, ...claims },
    schema: `${origin}/schemas/${facetSchemas[input.type]}`,
    validFrom,
    validUntil,
    status,
    relatedResource: input.relatedResource,
  });
}

/** Parses the claims of a facet, closed-world: every fault at once. Rules: `subject-…`. */
export function parseFacetClaims<T extends FacetType>(
  type: T,
  claims: JsonValue,
): Parsed<FacetClaimsByType[T]> {
  return parseShape(claimShapes[type], claims);
}

const facetName = text(200);

/**
 * Parses a facet out of a credential. Rules: `credential-…` when it is another credential;
 * `subject-…`, with pointers into the payload, for its subject.
 */
export function parseFacet(credential: AgentCredential): Parsed<Facet> {
  const type = facetTypes.find((known) => isExactly(credential.types, facetCredentialTypes[known]));
  if (type === undefined) return refused('/type', 'credential-type', 'not the types of a facet');
  const fault = findStrangeness(credential);
  if (fault !== undefined) return fault;
  const { id: _id, did: _did, name, ...claims } = credential.subject;
  const named = parseShape(facetName, name ?? null, '/credentialSubject/name');
  if (!named.ok) return named;
  const parsed = parseShape<FacetClaims>(claimShapes[type], claims, '/credentialSubject');
  return parsed.ok
    ? accepted({ credential, type, name: named.value, claims: parsed.value })
    : parsed;
}

function isExactly(types: readonly string[], type: string): boolean {
  return types.length === 2 && types.includes('VerifiableCredential') && types.includes(type);
}
