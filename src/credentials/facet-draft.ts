import { SealwrightError } from '../kernel/sealwright-error.ts';
import {
  type FacetClaims,
  type FacetType,
  facetTypes,
  parseFacetClaims,
} from '../protocol/facet.ts';
import type { JsonObject, JsonValue } from '../protocol/strict-json.ts';
import type { CredentialId, CredentialType, IssuedType, Visibility } from './credential.ts';
import { isCustomTypeName } from './custom-type.ts';
import type { OfferedTypes } from './offered-types.ts';
import { renewsForOf } from './renewal.ts';
import { resolveValidity, type Validity } from './validity.ts';

/** A facet as somebody asks for it. Of `validFor` and `validUntil` at most one; neither: 90 days. */
export interface FacetOrder {
  /** `compliance`, `provenance`, `allowed-actions`, or the name of the organization's own type. */
  readonly type: string;
  readonly claims: JsonValue;
  readonly reason: string;
  readonly visibility?: Visibility | undefined;
  /** ISO 8601 duration in days, weeks, months or years, such as `P90D`. */
  readonly validFor?: string | undefined;
  readonly validUntil?: Date | undefined;
  /** Whether the registry renews it by itself; it does unless `validUntil` is given. */
  readonly renew?: boolean | undefined;
}

/** A facet that was asked for and is well formed, before anything is recorded. */
export interface FacetDraft extends Validity {
  /** Where the id is decided beforehand; absent, it gets a new one. */
  readonly id?: CredentialId;
  readonly type: IssuedType;
  /** Of the organization's own type; null for ours. */
  readonly schemaVersion: number | null;
  readonly claims: JsonObject;
  readonly visibility: Visibility;
  readonly reason: string;
  /** The facet that this one renews; null for one that begins. */
  readonly renewalOf: CredentialId | null;
  /** The series that it goes on with; null for one that begins its own. */
  readonly series: CredentialId | null;
  /** As in the credential's record. */
  readonly renewsForS: number | null;
}

/** Compliance is for everyone to see; provenance and allowed actions are shown by their holder. */
const defaultVisibility: Record<FacetType, Visibility> = {
  compliance: 'public',
  provenance: 'on-request',
  'allowed-actions': 'on-request',
};

/** Refuses what is not a facet type; a passport is composed by the registry and never asked for. */
export function facetTypeOf(text: string): FacetType {
  const type = facetTypes.find((candidate) => candidate === text);
  if (type !== undefined) return type;
  throw new SealwrightError('credential-type-unknown', 'There is no such credential type.', {
    faults: [
      {
        pointer: '/type',
        detail: `must be one of ${facetTypes.join(', ')}, or a type of your own`,
      },
    ],
  });
}

/** Reads the claims of a facet; `claims-invalid` names every offending place by JSON Pointer. */
export function claimsOf(type: FacetType, claims: JsonValue): FacetClaims {
  const parsed = parseFacetClaims(type, claims);
  if (parsed.ok) return parsed.value;
  throw new SealwrightError('claims-invalid', 'The claims do not fit the credential type.', {
    faults: parsed.faults.map(({ pointer, detail }) => ({ pointer: `/claims${pointer}`, detail })),
  });
}

/** The type that a credential in a listing may have; undefined for what is no name of one. */
export function credentialTypeNamed(text: string): CredentialType | undefined {
  if (text === 'passport' || isFacetType(text)) return text;
  return isCustomTypeName(text) ? text : undefined;
}

/** Whether a type is one of ours. */
export function isFacetType(type: string): type is FacetType {
  return facetTypes.some((known) => known === type);
}

/** Who gets to see a facet: what was asked for, or the default of its type. */
export function visibilityOf(type: IssuedType, asked: Visibility | undefined): Visibility {
  return asked ?? (isFacetType(type) ? defaultVisibility[type] : 'on-request');
}

/** What a draft depends on beside its order. */
export interface DraftPlace {
  readonly agentExpiresAt: Date | null;
  readonly now: Date;
  /** The organization's own types, those that the orders name at least. */
  readonly types: OfferedTypes;
}

/**
 * The facet that an order asks for, as of now and for an agent with this end. Throws
 * `credential-type-unknown`, `claims-invalid` or `invalid-input`; whether the reason says anything
 * is not judged here.
 */
export function facetDraftOf(order: FacetOrder, place: DraftPlace): FacetDraft {
  const { validFor, validUntil, renew, reason } = order;
  const asked = { validFor, validUntil, renew, agentExpiresAt: place.agentExpiresAt };
  const statement = statementOf(order, place.types);
  const said = { ...resolveValidity(asked, place.now), ...statement };
  const renewsForS = renewsForOf(asked, said);
  const visibility = visibilityOf(statement.type, order.visibility);
  return { ...said, visibility, reason, renewalOf: null, series: null, renewsForS };
}

/** What an order says, by which version of which type. */
function statementOf(
  { type: name, claims }: FacetOrder,
  types: OfferedTypes,
): Pick<FacetDraft, 'type' | 'schemaVersion' | 'claims'> {
  const own = isFacetType(name) ? undefined : types.find(name);
  if (own !== undefined) {
    return { type: own.name, schemaVersion: own.version, claims: types.claimsOf(own, claims) };
  }
  const type = facetTypeOf(name);
  return { type, schemaVersion: null, claims: claimsOf(type, claims) as unknown as JsonObject };
}
