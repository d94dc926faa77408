import { randomUUID } from 'node:crypto';
import type { Agent } from '../agents/agent.ts';
import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import type { Issuer } from '../keys/issuer.ts';
import { verificationMethodOf } from '../keys/signing-key.ts';
import { issuerDomainOf, originOf } from '../organizations/organization.ts';
import { buildFacet } from '../protocol/facet.ts';
import { buildOwnFacet } from '../protocol/own-facet.ts';
import { buildPassport, maxPassportAttestations } from '../protocol/passport.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import { type StatusReference, statusListSize, statusUrls } from '../status/status-list.ts';
import type { PassportSummary } from './compose-passport.ts';
import type { CredentialId, CredentialRecord } from './credential.ts';
import type { CredentialSchemas } from './credential-schemas.ts';
import type { CustomType } from './custom-type.ts';
import { type FacetDraft, isFacetType } from './facet-draft.ts';

/** What every credential of an agent needs to be written down. */
export interface RecordContext {
  readonly issuer: Issuer;
  readonly agent: Agent;
  readonly schemas: CredentialSchemas;
  readonly id: CredentialId;
  readonly status: StatusReference;
  readonly at: Date;
}

/** A passport that is to be written down. */
export interface PassportDraft {
  readonly summary: PassportSummary;
  readonly jwkThumbprints: readonly string[];
  /** clientMetadataDigest of the document that will embed the passport. */
  readonly documentDigest: string;
  readonly validFrom: Date;
  readonly reason: string;
}

/** Writes down the exact octets of a facet that is to be signed. */
export function recordFacet(context: RecordContext, draft: FacetDraft): CredentialRecord {
  const { type, claims, validFrom, validUntil } = draft;
  if (!isFacetType(type)) throw new TypeError(`There is no type ${type} of ours.`);
  const payload = buildFacet({ ...envelopeOf(context), type, claims, validFrom, validUntil });
  checkPayload(context.schemas.faultsOf(type, payload));
  return recordOf(context, payload, { ...draft, series: draft.series ?? context.id });
}

/** The same for a facet of the organization's own type. */
export function recordOwnFacet(
  context: RecordContext,
  draft: FacetDraft,
  type: CustomType,
): CredentialRecord {
  const { claims, validFrom, validUntil } = draft;
  const payload = buildOwnFacet({
    ...{ ...envelopeOf(context), claims, validFrom, validUntil },
    credentialType: type.credentialType,
    schema: type.url,
  });
  checkPayload(context.schemas.customFaultsOf(type, payload));
  return recordOf(context, payload, { ...draft, series: draft.series ?? context.id });
}

/** Writes down the exact octets of a passport that is to be signed. */
export function recordPassport(context: RecordContext, draft: PassportDraft): CredentialRecord {
  const payload = buildPassportPayload(context, draft);
  checkPayload(context.schemas.faultsOf('passport', payload));
  const { validUntil } = draft.summary;
  return recordOf(context, payload, {
    type: 'passport',
    claims: payload['credentialSubject'] as JsonObject,
    visibility: 'public',
    reason: draft.reason,
    validFrom: draft.validFrom,
    validUntil,
    series: context.id,
    renewalOf: null,
    renewsForS: null,
  });
}

/**
 * How many bytes the compact passport has at its largest: two keys, four attestations, and the last
 * index of a list, so that a renewal never fails on size.
 */
export function largestPassportBytes(context: RecordContext, draft: PassportDraft): number {
  const status = { ...context.status, index: statusListSize - 1 };
  const { complianceAttestations = [] } = draft.summary;
  const attestations = [
    ...complianceAttestations,
    ...Array(maxPassportAttestations).fill(typicalAttestation),
  ].slice(0, maxPassportAttestations);
  const payload = buildPassportPayload(
    { ...context, status },
    {
      ...draft,
      summary: { ...draft.summary, complianceAttestations: attestations },
      jwkThumbprints: [...draft.jwkThumbprints, ...draft.jwkThumbprints].slice(0, keysInRotation),
    },
  );
  const header = {
    alg: context.issuer.key.algorithm,
    typ: 'vc+jwt',
    cty: 'vc',
    kid: verificationMethodOf(context.issuer.key),
  };
  return encodedLength(header) + 1 + encodedLength(payload) + 1 + signatureCharacters;
}

const typicalAttestation = {
  standard: 'ISO/IEC 27001:2022',
  validUntil: '2026-11-27T12:00:00Z',
} as const;
/** The key that leaves and the key that comes. */
const keysInRotation = 2;
/** 64 octets of ES256 or Ed25519 in base64url. */
const signatureCharacters = 86;

function encodedLength(value: object): number {
  return Math.ceil((Buffer.byteLength(JSON.stringify(value)) * 4) / 3);
}

function buildPassportPayload(context: RecordContext, draft: PassportDraft): JsonObject {
  const { agent, issuer } = context;
  const { validUntil, ...summary } = draft.summary;
  return buildPassport({
    ...envelopeOf(context),
    ...summary,
    agentType: agent.kind,
    ...(agent.version === null ? {} : { agentVersion: agent.version }),
    issuerDomain: issuerDomainOf(issuer.organization),
    jwkThumbprints: draft.jwkThumbprints,
    documentDigest: draft.documentDigest,
    validFrom: draft.validFrom,
    validUntil,
  });
}

function envelopeOf(context: RecordContext) {
  const { issuer, agent, status } = context;
  const lists = statusUrls(issuer.organization.baseUrl, status.listNumber);
  return {
    origin: originOf(issuer.organization),
    id: `urn:uuid:${randomUUID()}`,
    issuer: issuer.organization.did,
    clientId: agent.clientId,
    did: agent.did,
    name: agent.name,
    status: {
      revocationList: lists.revocation,
      suspensionList: lists.suspension,
      tokenList: lists.token,
      index: status.index,
    },
  };
}

function checkPayload(faults: readonly InputFault[]): void {
  if (faults.length === 0) return;
  throw new SealwrightError('claims-invalid', 'The credential would not fit its schema.', {
    faults,
  });
}

function recordOf(
  context: RecordContext,
  payload: JsonObject,
  draft: Pick<
    CredentialRecord,
    | 'type'
    | 'claims'
    | 'visibility'
    | 'reason'
    | 'validFrom'
    | 'validUntil'
    | 'series'
    | 'renewalOf'
    | 'renewsForS'
  >,
): CredentialRecord {
  return {
    id: context.id,
    organizationId: context.agent.organizationId,
    agentId: context.agent.id,
    type: draft.type,
    claims: draft.claims,
    visibility: draft.visibility,
    reason: draft.reason,
    validFrom: draft.validFrom,
    validUntil: draft.validUntil,
    payload: JSON.stringify(payload),
    jwt: null,
    sealing: 'intended',
    keyId: context.issuer.key.id,
    status: context.status,
    createdAt: context.at,
    series: draft.series,
    renewalOf: draft.renewalOf,
    renewsForS: draft.renewsForS,
  };
}
