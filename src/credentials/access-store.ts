import type { AgentId } from '../agents/agent.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { TokenReach } from '../organizations/api-token.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { CredentialId } from './credential.ts';

/** Which scope of an organization is asked about, and as of when. */
export interface AccessFilter {
  readonly organizationId: OrganizationId;
  /** What of the organization the caller reaches; absent, all of it. */
  readonly reach?: TokenReach | undefined;
  readonly scope: string;
  readonly at: Date;
}

/** An agent that may do what was asked, by the oldest of its credentials that allow it. */
export interface PermittedAgent {
  readonly agentId: AgentId;
  readonly credentialId: CredentialId;
}

/** Finds agents by what they may do, without reading anybody's claims. */
export interface AccessReader {
  /**
   * Agents that were active at the moment, held a credential in force that allows the scope, and
   * none in force that denies it; in the order of agent ids, and `after` is one. In force is what
   * was recorded by then and is sealed, within its validity, and neither revoked nor suspended at
   * that moment, whatever became of it since.
   */
  listPermitted(filter: AccessFilter, page: PageRequest): Promise<readonly PermittedAgent[]>;
}
