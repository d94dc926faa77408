import type { AgentReader } from '../agents/agent-store.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { KeySeal } from '../keys/key-seal.ts';
import type { KeyReader } from '../keys/key-store.ts';
import { issuerDomainOf, type Organization } from '../organizations/organization.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import { type CreateOrganizationDeps, createOrganization } from './create-organization.ts';

/** What tells an installation that was used before, and whether its keys can be opened. */
export interface OpenOrganizationDeps extends CreateOrganizationDeps {
  readonly organizations: OrganizationReader;
  readonly agents: AgentReader;
  readonly keys: KeyReader;
  readonly seal: KeySeal;
}

/**
 * The organization at the base URL: the one there is, or a new one on the first start. Throws
 * `start-refused` when the base URL changed after agents were onboarded, because every identity
 * would be renamed, and when the master key does not open the organization's signing key.
 */
export async function openOrganization(
  deps: OpenOrganizationDeps,
  baseUrl: string,
): Promise<Organization> {
  const organizations = await deps.organizations.list();
  const found = organizations.find((organization) => organization.baseUrl === baseUrl);
  if (found !== undefined) {
    await checkMasterKey(deps, found);
    return found;
  }
  for (const organization of organizations) await refuseRenaming(deps, organization, baseUrl);
  const host = issuerDomainOf({ baseUrl });
  const contact = `agents@${new URL(baseUrl).hostname}`;
  return createOrganization(deps, { baseUrl, name: host, contact });
}

async function checkMasterKey(
  deps: OpenOrganizationDeps,
  organization: Organization,
): Promise<void> {
  const keys = await deps.keys.listByDids([organization.did]);
  for (const { id, organizationId, purpose, sealed } of keys) {
    if (sealed === null) continue;
    try {
      deps.seal.open(sealed, { organizationId, keyId: id, purpose }).fill(0);
    } catch (cause) {
      throw new SealwrightError(
        'start-refused',
        'The master key does not open the private keys of this database. Give the key that was in use when they were made.',
        { cause },
      );
    }
  }
}

async function refuseRenaming(
  deps: OpenOrganizationDeps,
  organization: Organization,
  baseUrl: string,
): Promise<void> {
  const agents = await deps.agents.list({ organizationId: organization.id }, { limit: 1 });
  if (agents.length === 0) return;
  throw new SealwrightError(
    'start-refused',
    `SEALWRIGHT_URL is ${baseUrl}, but agents exist under ${organization.baseUrl}: another URL would rename every identity. Set it back.`,
  );
}
