import { copyAuthorizationDetails } from '../../protocol/authorization-details.ts';
import type { AccessRequest } from '../ports.ts';
import type { OidcClient, RequestContext } from './oidc-shapes.ts';

/** Parameter in which an agent hands over facets that are not published, with spaces between them. */
export const credentialsParam = 'agent_credentials';

/** The client_id under which a client is judged; undefined for one that has no papers. */
export function agentOf(client: OidcClient | undefined): string | undefined {
  if (client?.clientIdMetadataDocument === true) return client.clientId;
  const agent = client?.agent_client_id;
  return typeof agent === 'string' ? agent : undefined;
}

/** What a request asks for, as the verifier is asked about it. */
export function requestIn(context: RequestContext | undefined): AccessRequest {
  const { scope, authorization_details: details } = context?.oidc?.params ?? {};
  return {
    ...(typeof scope === 'string' && { scope }),
    ...(typeof details === 'string' && { authorizationDetails: detailsIn(details) }),
    ...handedOver(context),
  };
}

/** The facets that a request hands over, from its body where the server reads no such parameter. */
export function handedOver(context: RequestContext | undefined): AccessRequest {
  const { params, body } = context?.oidc ?? {};
  const text = params?.agent_credentials ?? body?.[credentialsParam];
  if (typeof text !== 'string') return {};
  return { credentials: text.split(' ').filter((credential) => credential !== '') };
}

function detailsIn(text: string) {
  try {
    return copyAuthorizationDetails(JSON.parse(text));
  } catch {
    // The server refuses it where it reads it; until then it is something that nobody permits.
    return copyAuthorizationDetails(text);
  }
}
