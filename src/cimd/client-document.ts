import { type Agent, agentBaseUrl } from '../agents/agent.ts';
import type { Organization } from '../organizations/organization.ts';
import { buildClientMetadata, type ClientMetadataJson } from '../protocol/client-metadata.ts';
import type { SigningAlgorithm } from '../protocol/jwk.ts';

/** The public URLs of an agent. */
export function agentUrls(organization: Pick<Organization, 'baseUrl'>, handle: string) {
  const base = agentBaseUrl(organization, handle);
  return {
    clientId: `${base}/client.json`,
    did: `${base}/did.json`,
    jwks: `${base}/jwks.json`,
    page: base,
    callback: `${base}/callback`,
    credentials: `${base}/credentials`,
  } as const;
}

/** The agent's client metadata without a credential: what the passport's digest covers. */
export function clientDocumentOf(order: {
  readonly organization: Organization;
  readonly agent: Agent;
  readonly signingAlgorithm: SigningAlgorithm;
}): ClientMetadataJson {
  const { organization, agent } = order;
  const urls = agentUrls(organization, agent.handle);
  return buildClientMetadata({
    clientId: agent.clientId,
    clientName: agent.name,
    clientUri: urls.page,
    applicationType: 'web',
    redirectUris: agent.redirectUris,
    grantTypes: agent.grantTypes,
    signingAlg: order.signingAlgorithm,
    jwksUri: urls.jwks,
    contacts: [organization.contact],
    ...(agent.logoUri === null ? {} : { logoUri: agent.logoUri }),
    ...(agent.version === null ? {} : { softwareVersion: agent.version }),
  });
}
