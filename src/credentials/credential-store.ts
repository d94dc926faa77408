import type { AgentId } from '../agents/agent.ts';
import type { PageRequest } from '../kernel/page.ts';
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
  /**
   * Agents in state `active`, and not past their own end, that need a new passport: their newest
   * sealed, unrevoked one is past its renewal time, which is `validFrom` plus two thirds of its
   * lifetime, or has ended.
   */
  listAgentsDue(at: Date, limit: number): Promise<readonly AgentId[]>;
}

/** Writes credentials, inside a unit of work: first as intents, later sealed or abandoned. */
export interface CredentialStore extends CredentialReader {
  insertIntents(records: readonly CredentialRecord[]): Promise<void>;
  /** Turns intents into sealed credentials; an intent that is not there any more throws. */
  sealAll(seals: readonly { readonly id: CredentialId; readonly jwt: string }[]): Promise<void>;
  abandonAll(ids: readonly CredentialId[]): Promise<void>;
}
