import type { AgentId } from '../agents/agent.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type {
  ImportedCredential,
  ImportId,
  OutsideFinding,
  TrustedIssuer,
} from './imported-credential.ts';

/** Reads outside credentials and whom an organization trusts to issue them. */
export interface ImportReader {
  /** In the order of issuers. */
  listTrusted(organizationId: OrganizationId): Promise<readonly TrustedIssuer[]>;
  findImport(organizationId: OrganizationId, id: ImportId): Promise<ImportedCredential | null>;
  /** Those of these agents, oldest first, whatever their state. */
  listImports(agentIds: readonly AgentId[]): Promise<readonly ImportedCredential[]>;
  /** Those within their validity that were last checked before a moment, longest ago first. */
  listUnchecked(
    order: { readonly before: Date; readonly at: Date },
    limit: number,
  ): Promise<readonly ImportedCredential[]>;
}

/** Writes them, inside a unit of work. */
export interface ImportStore extends ImportReader {
  /** Puts the issuer in the place of a former entry for it. */
  putTrusted(organizationId: OrganizationId, issuer: TrustedIssuer): Promise<void>;
  /** false when the issuer was not trusted. */
  deleteTrusted(organizationId: OrganizationId, issuer: string): Promise<boolean>;
  /** false, and nothing changed, when the agent has these octets already. */
  insertImport(imported: ImportedCredential): Promise<boolean>;
  deleteImport(id: ImportId): Promise<void>;
  recordCheck(id: ImportId, found: OutsideFinding & { readonly at: Date }): Promise<void>;
  /** Rejects what the issuer issued; returns what was not rejected before. */
  rejectFrom(
    organizationId: OrganizationId,
    order: { readonly issuer: string; readonly cause: string; readonly at: Date },
  ): Promise<readonly ImportedCredential[]>;
}
