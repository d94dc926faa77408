import type { AgentId } from '../agents/agent.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { KeyId } from '../keys/signing-key.ts';
import type { TokenReach } from '../organizations/api-token.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type {
  Credential,
  CredentialId,
  CredentialRecord,
  CredentialState,
  CredentialType,
} from './credential.ts';

/** Which credentials of an organization a listing is about. */
export interface CredentialFilter {
  readonly organizationId: OrganizationId;
  /** What of the organization the caller reaches; absent, all of it. */
  readonly reach?: TokenReach;
  readonly agentId?: AgentId;
  readonly type?: CredentialType;
  /** As `credentialStateAt` gives it at `at`. */
  readonly state?: CredentialState;
  readonly at: Date;
  readonly expiresBefore?: Date;
}

/** Reads credentials together with the state of their status entries. */
export interface CredentialReader {
  find(organizationId: OrganizationId, id: CredentialId): Promise<Credential | null>;
  /** Those that exist, in the order of ids. */
  findMany(ids: readonly CredentialId[]): Promise<readonly Credential[]>;
  list(filter: CredentialFilter, page: PageRequest): Promise<readonly Credential[]>;
  /**
   * Credentials of these agents with validUntil after `at`, oldest first, whatever their status;
   * intents count, abandoned ones do not.
   */
  listUnexpired(agentIds: readonly AgentId[], at: Date): Promise<readonly Credential[]>;
  /** Intents recorded before `before` that were never sealed. */
  listUnsealed(before: Date, limit: number): Promise<readonly Credential[]>;
  /** The latest validUntil of what this key signs, abandoned intents apart; null for nothing. */
  findLastEnd(keyId: KeyId): Promise<Date | null>;
  /**
   * What this key signs with validUntil after `at` and is not revoked, oldest first; intents count,
   * abandoned ones do not.
   */
  listStanding(keyId: KeyId, at: Date, limit: number): Promise<readonly Credential[]>;
  /**
   * Active agents, not past their own end, that have not been made up for the end of a key: something
   * sealed under it, with validUntil after `at` and not suspended by itself, was revoked exactly at
   * `revokedAt`, and nothing of the same type, for facets with the same claims and visibility, was
   * recorded since under another key.
   */
  listBereft(
    key: { readonly id: KeyId; readonly revokedAt: Date },
    at: Date,
    limit: number,
  ): Promise<readonly AgentId[]>;
  /**
   * Agents in state `active`, and not past their own end, that need a new passport: their newest
   * sealed one is past its renewal time, which is `validFrom` plus two thirds of its lifetime, and so
   * is the newest that is not revoked, which there must be. Whoever revokes a passport sees to
   * another one; this is not how it is found missing.
   */
  listAgentsDue(at: Date, limit: number): Promise<readonly AgentId[]>;
  /**
   * Sealed facets past two thirds of their life that renew by themselves and that nothing renewed
   * yet, nearest to their end first: not taken back or suspended, of an agent in state `active` that
   * ends after them, and not ended before `lapsedBefore`.
   */
  listFacetsDue(
    at: Date,
    order: { readonly lapsedBefore: Date; readonly limit: number },
  ): Promise<readonly Credential[]>;
}

/** Writes credentials, inside a unit of work: first as intents, later sealed or abandoned. */
export interface CredentialStore extends CredentialReader {
  insertIntents(records: readonly CredentialRecord[]): Promise<void>;
  /** Turns intents into sealed credentials; an intent that is not there any more throws. */
  sealAll(seals: readonly { readonly id: CredentialId; readonly jwt: string }[]): Promise<void>;
  abandonAll(ids: readonly CredentialId[]): Promise<void>;
}
