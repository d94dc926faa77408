import type { Agent, AgentId, AgentKind, KeyCustody } from '../agents/agent.ts';
import type { AgentStore } from '../agents/agent-store.ts';
import type { AuditEvent, AuditRecord } from '../audit/audit-event.ts';
import { agentUrls } from '../cimd/client-document.ts';
import type { Organization, OrganizationId } from '../organizations/organization.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import { didWebOf } from '../protocol/did-web.ts';

const kinds: readonly AgentKind[] = ['agent', 'mcp-server', 'mcp-client'];
const custodies: readonly KeyCustody[] = ['jwk', 'issued', 'registry'];

/**
 * An agent that was onboarded after the backup: its papers and its keys are lost, and so it is there
 * as a retired one, whose handle nobody gets again.
 */
export async function burnHandle(
  stores: { readonly agents: AgentStore; readonly organizations: OrganizationReader },
  record: AuditRecord & Pick<AuditEvent, 'details'>,
): Promise<void> {
  const organizationId = record.organizationId as OrganizationId;
  const organizations = await stores.organizations.list();
  const organization = organizations.find(({ id }) => id === organizationId);
  const { handle } = record.details;
  if (organization === undefined || typeof handle !== 'string') return;
  if ((await stores.agents.findByHandle(organizationId, handle)) !== null) return;
  await stores.agents.insert(retiredAgent(organization, handle, record));
}

function retiredAgent(
  organization: Organization,
  handle: string,
  { subject, at, details }: AuditRecord & Pick<AuditEvent, 'details'>,
): Agent {
  const { owners } = details;
  const urls = agentUrls(organization, handle);
  return {
    id: subject as AgentId,
    organizationId: organization.id,
    handle,
    kind: kinds.find((kind) => kind === details['kind']) ?? 'agent',
    state: 'retired',
    clientId: urls.clientId,
    did: didWebOf(organization.baseUrl, ['a', handle]),
    keyCustody: custodies.find((custody) => custody === details['keyCustody']) ?? 'jwk',
    name: handle,
    description: 'Onboarded after the backup from which the registry was restored.',
    owners: Array.isArray(owners) ? owners : [],
    team: null,
    tags: [],
    version: null,
    redirectUris: [urls.callback],
    grantTypes: ['authorization_code'],
    logoUri: null,
    profiles: [],
    expiresAt: null,
    createdAt: at,
    updatedAt: at,
    papersRevision: 1,
    publishedRevision: 0,
  };
}
