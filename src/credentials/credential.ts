import type { AgentId } from '../agents/agent.ts';
import type { Brand } from '../kernel/brand.ts';
import type { KeyId } from '../keys/signing-key.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { FacetType } from '../protocol/facet.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { StatusReference } from '../status/status-list.ts';
import type { CustomTypeName } from './custom-type.ts';

/** A credential by its id, `crd_…`. */
export type CredentialId = Brand<'CredentialId'>;
/** The kind of a facet: one of ours, or one that the organization defined. */
export type IssuedType = FacetType | CustomTypeName;
/** What a credential is: the passport, or the kind of facet. */
export type CredentialType = 'passport' | IssuedType;
/** A public facet is served at its URL; an on-request one is presented by its holder. */
export type Visibility = 'public' | 'on-request';
/** `intended`: recorded, not yet sealed. `abandoned`: it never will be. */
export type Sealing = 'intended' | 'sealed' | 'abandoned';
/** Where a credential stands, as `credentialStateAt` tells it. */
export type CredentialState =
  | 'intended'
  | 'abandoned'
  | 'active'
  | 'suspended'
  | 'revoked'
  | 'expired';

/** What the organization said about an agent, recorded before it was signed. */
export interface CredentialRecord {
  readonly id: CredentialId;
  readonly organizationId: OrganizationId;
  readonly agentId: AgentId;
  readonly type: CredentialType;
  /** The claims as the caller gave them; for a passport, what it was composed from. */
  readonly claims: JsonObject;
  readonly visibility: Visibility;
  readonly reason: string;
  readonly validFrom: Date;
  readonly validUntil: Date;
  /** The exact JSON text that is, or is to be, signed. */
  readonly payload: string;
  /** The compact JWS once sealed. */
  readonly jwt: string | null;
  readonly sealing: Sealing;
  /** The key of the issuer that signs it. */
  readonly keyId: KeyId;
  readonly status: StatusReference;
  readonly createdAt: Date;
  /**
   * What the registry renews by itself says the same again: all of one series are one statement, and
   * are taken back together. The id of the first of them; its own for one that is no such renewal.
   */
  readonly series: CredentialId;
  /** The facet that this one renews, whether somebody asked for it or not. */
  readonly renewalOf: CredentialId | null;
  /** How long each renewal by the registry holds, in seconds; null for what runs out. */
  readonly renewsForS: number | null;
}

/** A credential with the state that its status entry gives it. */
export interface Credential extends CredentialRecord {
  readonly revokedAt: Date | null;
  readonly suspendedAt: Date | null;
  readonly agentSuspendedAt: Date | null;
  /** Its newest renewal, in whatever state, unless that was abandoned. */
  readonly renewedBy: CredentialId | null;
}

/** The state at a moment. Revocation outranks expiry, which outranks suspension. */
export function credentialStateAt(credential: Credential, at: Date): CredentialState {
  if (credential.sealing !== 'sealed') return credential.sealing;
  if (credential.revokedAt !== null) return 'revoked';
  if (credential.validUntil <= at) return 'expired';
  const suspended = credential.suspendedAt !== null || credential.agentSuspendedAt !== null;
  return suspended ? 'suspended' : 'active';
}
