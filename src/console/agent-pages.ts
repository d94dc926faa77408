import { agentUrls, hasStrictDocument } from '../cimd/client-document.ts';
import type { CredentialRecord } from '../credentials/credential.ts';
import { facetUrl } from '../credentials/publish-credential.ts';
import type { AgentPageFacts, AgentPages } from '../journeys/papers.ts';
import { issuerDomainOf } from '../organizations/organization.ts';
import type { PassportSubject } from '../protocol/passport.ts';
import { type AgentPageView, renderAgentPage, renderCallbackPage } from './agent-page.tsx';

/** The pages of agents, rendered from what the registry knows and the world may see. */
export const agentPages: AgentPages = {
  renderAgent: (facts) => renderAgentPage(viewOf(facts)),
  renderCallback: renderCallbackPage,
};

function viewOf(facts: AgentPageFacts): AgentPageView {
  const { agent, passport } = facts;
  const { organization } = facts.issuer;
  const subject = passport === null ? null : (passport.claims as unknown as PassportSubject);
  return {
    organization: {
      name: organization.name,
      host: issuerDomainOf(organization),
      did: organization.did,
      contact: organization.contact,
    },
    agent: {
      name: agent.name,
      kind: agent.kind,
      description: agent.description,
      version: agent.version,
      clientId: agent.clientId,
      did: agent.did,
      since: agent.createdAt,
    },
    state: agent.state === 'pending' ? 'active' : agent.state,
    validUntil: passport?.validUntil ?? null,
    allowed: allowedOf(facts, subject),
    compliance: complianceOf(subject, passport),
    provenance: provenanceOf(subject),
    documents: documentsOf(facts),
  };
}

/** null when the passport cannot list what the agent's credentials allow. */
function allowedOf(
  { facets }: AgentPageFacts,
  subject: PassportSubject | null,
): AgentPageView['allowed'] {
  if (subject?.authorizedScopes !== undefined) return subject.authorizedScopes.map(actionOf);
  const isAllowedSomething = facets.some(({ type }) => type === 'allowed-actions');
  return subject !== null && isAllowedSomething ? null : [];
}

/** A scope is `{action}:{resource}`; neither part is empty, and the first colon divides them. */
function actionOf(scope: string): { action: string; resource: string } {
  const colon = scope.indexOf(':');
  return { action: scope.slice(0, colon), resource: scope.slice(colon + 1) };
}

function complianceOf(
  subject: PassportSubject | null,
  passport: CredentialRecord | null,
): AgentPageView['compliance'] {
  if (passport === null) return [];
  return (subject?.complianceAttestations ?? []).map(({ standard, validUntil }) => ({
    standard,
    validUntil: validUntil === undefined ? passport.validUntil : new Date(validUntil),
  }));
}

function provenanceOf(subject: PassportSubject | null): AgentPageView['provenance'] {
  if (subject?.provenance === undefined) return null;
  const { digest = null, slsaLevel = null } = subject.provenance;
  return { digest, slsaLevel };
}

function documentsOf(facts: AgentPageFacts): AgentPageView['documents'] {
  const { agent, facets } = facts;
  const { organization } = facts.issuer;
  const urls = agentUrls(organization, agent.handle);
  const did = { label: 'DID document', url: urls.did };
  const served = facets
    .filter(({ visibility }) => visibility === 'public')
    .map(({ id, type }) => ({
      label: `Credential: ${type}`,
      url: facetUrl(organization, agent.handle, id),
    }));
  if (agent.state === 'retired') return [did, ...served];
  return [
    { label: 'Client metadata', url: urls.clientId },
    ...(hasStrictDocument(agent)
      ? [{ label: 'Strict client metadata', url: urls.strictClientId }]
      : []),
    did,
    { label: 'Public keys', url: urls.jwks },
    ...served,
  ];
}
