import type { AgentId } from '../agents/agent.ts';
import type { PageRequest } from '../kernel/page.ts';
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
  list(filter: CredentialFilter, page: PageRequest): Promise<readonly Credential[]>;
  /**
   * Credentials of these agents with validUntil after `at`, oldest first, whatever their status;
   * intents count, abandoned ones do not.
   */
  listUnexpired(agentIds: readonly AgentId[], at: Date): Promise<readonly Credential[]>;
  /** Intents recorded before `before` that were never sealed. */
  listUnsealed(before: Date, limit: number): Promise<readonly Credential[]>;
  /**
   * Agents in state `active`, and not past their own end, that need a new passport: their newest
   * sealed, unrevoked one is past its renewal time, which is `validFrom` plus two thirds of its
   * lifetime, or has ended.
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
