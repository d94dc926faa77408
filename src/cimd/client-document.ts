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
    strictClientId: `${base}/strict/client.json`,
    strictPassport: `${base}/strict/passport.jwt`,
  } as const;
}

/** Whether the agent has a strict document beside its own. */
export function hasStrictDocument(agent: Pick<Agent, 'profiles'>): boolean {
  return agent.profiles.includes('strict');
}

/** The agent as its strict document has it: the same in everything but the client_id. */
export function strictSelfOf(organization: Pick<Organization, 'baseUrl'>, agent: Agent): Agent {
  return { ...agent, clientId: agentUrls(organization, agent.handle).strictClientId };
}

/** Every client_id that the agent goes by, its own first. */
export function clientIdsOf(
  organization: Pick<Organization, 'baseUrl'>,
  agent: Agent,
): readonly string[] {
  const strict = hasStrictDocument(agent) ? [strictSelfOf(organization, agent).clientId] : [];
  return [agent.clientId, ...strict];
}

/**
 * The agent's client metadata without a credential: what the passport's digest covers. Without a
 * `signingAlgorithm` it leaves the algorithm of client authentication open (RFC 7591 §2).
 */
export function clientDocumentOf(order: {
  readonly organization: Organization;
  readonly agent: Agent;
  readonly signingAlgorithm: SigningAlgorithm | undefined;
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
