import { type Delegation, delegation } from './allowed-actions-claims.ts';
import {
  dateTime,
  digest,
  integer,
  listOf,
  objectOf,
  oneOf,
  parseShape,
  type Shape,
  sha256Text,
  text,
  uri,
} from './claim-shape.ts';
import {
  type AgentCredential,
  buildEnvelope,
  findStrangeness,
  type StatusReferences,
} from './credential-envelope.ts';
import type { Did } from './did-web.ts';
import { maxPassportAttestations, maxPassportScopes, maxPassportThumbprints } from './limits.ts';
import { accepted, type Parsed, type Refused, refused } from './parsed.ts';
import { scopeTokenPattern } from './scope.ts';
import type { JsonObject } from './strict-json.ts';

export { maxPassportAttestations, maxPassportScopes } from './limits.ts';

/** What kind of software carries the passport. */
export type AgentType = 'agent' | 'mcp-server' | 'mcp-client';

/** An attestation of a compliance credential, in the passport's words. */
export interface AttestationSummary {
  /** The edition attested, such as `ISO/IEC 27001:2022`. */
  readonly standard: string;
  readonly validUntil?: string;
}

/** The provenance credential, in the passport's words. */
export interface ProvenanceSummary {
  /** Digest of the software, such as `sha256:` and hexadecimal digits. */
  readonly digest?: string;
  readonly slsaLevel?: number;
}

/** The credentialSubject of a passport; these members and no others, in this order. */
export interface PassportSubject {
  /** The client_id. */
  readonly id: string;
  readonly did: string;
  readonly name: string;
  readonly agentType: AgentType;
  readonly agentVersion?: string;
  /** Host of the issuer's DID, with its port when there is one. */
  readonly issuerDomain: string;
  /** Absent when there are too many for a passport: the facet says which. Never "any". */
  readonly authorizedScopes?: readonly string[];
  readonly complianceAttestations?: readonly AttestationSummary[];
  readonly provenance?: ProvenanceSummary;
  readonly delegation?: Delegation;
  /** RFC 7638 thumbprints of every key that the agent may use. */
  readonly jwkThumbprints: readonly string[];
  /** `clientMetadataDigest` of the document that carries the passport. */
  readonly documentDigest: string;
}

/** A passport that was read. */
export interface Passport {
  readonly credential: AgentCredential;
  readonly subject: PassportSubject;
}

/** What a passport is made of. */
export interface PassportInput {
  readonly origin: string;
  /** Absolute URI, such as `urn:uuid:…`. */
  readonly id: string;
  readonly issuer: Did;
  readonly clientId: string;
  readonly did: string;
  readonly name: string;
  readonly agentType: AgentType;
  readonly agentVersion?: string | undefined;
  readonly issuerDomain: string;
  readonly authorizedScopes?: readonly string[] | undefined;
  readonly complianceAttestations?: readonly AttestationSummary[] | undefined;
  readonly provenance?: ProvenanceSummary | undefined;
  readonly delegation?: Delegation | undefined;
  readonly jwkThumbprints: readonly string[];
  readonly documentDigest: string;
  readonly validFrom: Date;
  readonly validUntil: Date;
  readonly status: StatusReferences;
}

/** The type of every passport. */
export const passportType = 'AgentAuthorizationCredential';

/** A further type, of the passports of MCP servers. */
export const mcpServerType = 'McpServerCredential';

/** File name of the passport's JSON Schema below `/schemas/`. */
export const passportSchema = 'agent-authorization.v1.json';

/** Builds the payload of a passport. More scopes than a passport holds are left out altogether. */
export function buildPassport(input: PassportInput): JsonObject {
  const { origin, id, issuer, validFrom, validUntil, status } = input;
  return buildEnvelope({
    origin,
    id,
    issuer,
    types: typesOf(input.agentType),
    subject: buildSubject(input),
    schema: `${origin}/schemas/${passportSchema}`,
    validFrom,
    validUntil,
    status,
  });
}

function buildSubject(input: PassportInput): JsonObject & PassportSubject {
  const { agentVersion, authorizedScopes, complianceAttestations, provenance } = input;
  const fits = authorizedScopes !== undefined && authorizedScopes.length <= maxPassportScopes;
  const subject: PassportSubject = {
    id: input.clientId,
    did: input.did,
    name: input.name,
    agentType: input.agentType,
    ...(agentVersion !== undefined && { agentVersion }),
    issuerDomain: input.issuerDomain,
    ...(fits && { authorizedScopes }),
    ...(complianceAttestations !== undefined && { complianceAttestations }),
    ...(provenance !== undefined && { provenance }),
    ...(input.delegation !== undefined && { delegation: input.delegation }),
    jwkThumbprints: input.jwkThumbprints,
    documentDigest: input.documentDigest,
  };
  return subject as JsonObject & PassportSubject;
}

const attestation = objectOf<AttestationSummary>({ standard: text(100) }, { validUntil: dateTime });
const provenance = objectOf<ProvenanceSummary>({}, { digest, slsaLevel: integer(0, 4) });

const passportSubject: Shape<PassportSubject> = objectOf<PassportSubject>(
  {
    id: uri,
    did: text(512),
    name: text(200),
    agentType: oneOf<AgentType>(['agent', 'mcp-server', 'mcp-client']),
    issuerDomain: text(261, /^[a-z0-9.-]+(?::\d{1,5})?$/),
    jwkThumbprints: listOf(sha256Text, { min: 1, max: maxPassportThumbprints, unique: true }),
    documentDigest: sha256Text,
  },
  {
    agentVersion: text(100),
    authorizedScopes: listOf(text(401, scopeTokenPattern), {
      min: 0,
      max: maxPassportScopes,
      unique: true,
    }),
    complianceAttestations: listOf(attestation, { min: 1, max: maxPassportAttestations }),
    provenance,
    delegation,
  },
);

/**
 * Parses a passport out of a credential. Rules: `credential-…` when it is another credential, or has
 * more in its envelope than a passport; `subject-…`, with pointers into the payload, for its subject.
 */
export function parsePassport(credential: AgentCredential): Parsed<Passport> {
  const parsed = parseShape(passportSubject, credential.subject, '/credentialSubject');
  if (!parsed.ok) return parsed;
  const fault =
    findTypeFault(credential, parsed.value) ??
    findStrangeness(credential, ['relatedResource']) ??
    findDomainFault(credential, parsed.value);
  return fault ?? accepted({ credential, subject: parsed.value });
}

function findTypeFault(credential: AgentCredential, subject: PassportSubject): Refused | undefined {
  const expected = ['VerifiableCredential', ...typesOf(subject.agentType)];
  const exact =
    credential.types.length === expected.length &&
    expected.every((type) => credential.types.includes(type));
  return exact ? undefined : refused('/type', 'credential-type', 'not the types of a passport');
}

function findDomainFault(
  credential: AgentCredential,
  subject: PassportSubject,
): Refused | undefined {
  const [, , authority = ''] = credential.issuer.split(':');
  const domain = authority.replace('%3A', ':');
  return [domain, domain.replace(/:\d+$/, '')].includes(subject.issuerDomain)
    ? undefined
    : refused('/credentialSubject/issuerDomain', 'subject-issuer-domain', "not the issuer's host");
}

function typesOf(agentType: AgentType): readonly string[] {
  return agentType === 'mcp-server' ? [passportType, mcpServerType] : [passportType];
}
