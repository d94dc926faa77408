import type { Agent, AgentId } from '../../src/agents/agent.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import type { Did } from '../../src/protocol/did-web.ts';

/** The agent of the contract's examples, with some members in another form. */
export function anAgent(changes: Partial<Agent> = {}): Agent {
  return {
    id: 'agt_1' as AgentId,
    organizationId: 'org_acme' as OrganizationId,
    handle: 'billing-bot',
    kind: 'agent',
    state: 'active',
    clientId: 'https://id.acme.com/a/billing-bot/client.json',
    did: 'did:web:id.acme.com:a:billing-bot' as Did,
    keyCustody: 'jwk',
    name: 'Billing Bot',
    description: null,
    owners: ['lead@acme.com'],
    team: null,
    tags: [],
    version: '3.2.1',
    redirectUris: ['https://id.acme.com/a/billing-bot/callback'],
    grantTypes: ['authorization_code', 'client_credentials'],
    logoUri: null,
    profiles: [],
    expiresAt: null,
    createdAt: new Date('2026-11-20T12:00:00Z'),
    updatedAt: new Date('2026-11-20T12:00:00Z'),
    papersRevision: 1,
    publishedRevision: 1,
    ...changes,
  };
}
