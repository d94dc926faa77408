import { buildEnvelope } from './credential-envelope.ts';
import type { FacetInput } from './facet.ts';
import type { JsonObject } from './strict-json.ts';

/** Members of the subject that say who it is, which no claim may say otherwise. */
export const subjectMembers = ['id', 'did', 'name'] as const;

/** What a facet of an organization's own type is made of. */
export interface OwnFacetInput extends Omit<FacetInput, 'type' | 'claims'> {
  /** Such as `SecurityClearanceCredential`. */
  readonly credentialType: string;
  /** Absolute URL of the JSON Schema of that type. */
  readonly schema: string;
  /** None of `subjectMembers` among them. */
  readonly claims: JsonObject;
}

/**
 * Builds the payload of a facet of an organization's own type: the envelope of the others, with the
 * context for terms that nobody defined, as the last one (VCDM-2.0 §5.2.1).
 */
export function buildOwnFacet(input: OwnFacetInput): JsonObject {
  const { credentialType, claims, clientId, did, name, ...envelope } = input;
  return buildEnvelope({
    ...envelope,
    types: [credentialType],
    subject: { ...claims, id: clientId, did, name },
    hasUndefinedTerms: true,
  });
}
