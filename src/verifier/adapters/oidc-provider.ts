import type { Verifier } from '../ports.ts';
import { AgentJudge, type JudgeOptions } from './oidc-agent-judge.ts';
import { keeping, mergeInto, replaceIn, withParam } from './oidc-configuration.ts';
import { AgentRegistrar, registeredMembers } from './oidc-registration.ts';
import { credentialsParam } from './oidc-request.ts';
import { heldResponseOf } from './oidc-response.ts';
import type {
  OidcClient,
  ParamCheck,
  RequestContext,
  Section,
  WrappedMembers,
} from './oidc-shapes.ts';

export type { AgentUse } from './held-client.ts';

/** What an operator may add to the verdict: where to report it, and what stays the server's own. */
export interface AgentClientsOptions extends JudgeOptions {
  /** Called with every verdict that lets a client in or keeps it out, before the server answers. */
  readonly onVerdict?: NonNullable<JudgeOptions['onVerdict']>;
  /** For every URL but the agents' documents and keys; the global fetch unless given. */
  readonly fetch?: (url: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /**
   * Scopes that the server grants by its own rules and that papers have no say in, such as
   * `openid` or `offline_access`. None unless given.
   */
  readonly ownScopes?: readonly string[];
  /**
   * true switches dynamic client registration (RFC 7591) on, for agents and nobody else: with their
   * papers as `software_statement`. Needs the `adapter` in which clients are kept.
   */
  readonly registerAgents?: boolean;
}

/**
 * A node-oidc-provider 9 configuration under which agents are clients by their papers: the given
 * one, with Client ID Metadata Documents on and every use of such a client decided by the verifier.
 *
 * - The server reads documents and keys through `verifier.read`, so both judge the same octets, and
 *   keeps no copy of its own: the verifier's cache is the only one.
 * - A client_id outside the policy is refused before anything is fetched.
 * - The verdict is taken at every use. What the server holds must equal what was verified.
 * - Authorization requests, pushed ones (RFC 9126) and those of devices included, are narrowed to
 *   the scopes and authorization details (RFC 9396) that the papers permit, before anybody is asked
 *   for consent; `access_denied` where that is nothing. Facets that are not published are handed
 *   over in the parameter `agent_credentials`, with spaces between them.
 * - Access tokens carry only what the papers permit when they are issued, in every grant: scopes of
 *   a resource server and authorization details are narrowed, a token with another scope is refused
 *   with `invalid_scope`.
 * - With `registerAgents`, an agent may register: its metadata are those that its papers bind, and
 *   the client that it becomes is judged at every use like one by metadata document.
 * - An undetermined verdict is answered `temporarily_unavailable` (503), a rejection
 *   `invalid_client`.
 *
 * Clients that the operator registered are left alone. Under a policy in `monitor` mode verdicts
 * are reported and not acted on: the server then takes any metadata document.
 *
 * @throws TypeError that names the path where the given configuration says otherwise; a `fetch` of
 *   its own goes into the options.
 */
export function withAgentClients<Configuration extends object>(
  configuration: Configuration,
  verifier: Verifier,
  options: AgentClientsOptions = {},
): Configuration {
  const judge = new AgentJudge(verifier, options);
  const registrar = options.registerAgents ? new AgentRegistrar(verifier, judge) : undefined;
  const wrapped = replaceIn(
    configuration as Section,
    wrappedMembers(configuration as WrappedMembers, judge, registrar),
  );
  const added = {
    fetch: agentFetch(verifier, options, judge),
    features: {
      ...metadataDocuments(judge),
      ...(registrar && { registration: { enabled: true } }),
    },
  };
  return mergeInto(wrapped, added) as Configuration;
}

/** The client_id under which a client of the server is an agent; undefined for one that is none. */
export { agentOf as agentClientId } from './oidc-request.ts';

function wrappedMembers(
  given: WrappedMembers,
  judge: AgentJudge,
  registrar: AgentRegistrar | undefined,
): Section {
  const check: ParamCheck = (context, _value, client) => judge.narrowRequest(context, client);
  const members = ['vc+jwt', ...(registrar ? registeredMembers : [])];
  const features = wrappedFeatures(given.features ?? {}, judge, registrar);
  return {
    extraClientMetadata: keeping(given.extraClientMetadata, members),
    extraTokenClaims: judge.guardingTokens(given.extraTokenClaims),
    ...withParam(given.extraParams, credentialsParam, check),
    ...(registrar && { adapter: registrar.guarding(adapterOf(given)) }),
    ...(Object.keys(features).length > 0 && { features }),
  };
}

function wrappedFeatures(
  given: NonNullable<WrappedMembers['features']>,
  judge: AgentJudge,
  registrar: AgentRegistrar | undefined,
): Section {
  const { getResourceServerInfo: find } = given.resourceIndicators ?? {};
  const details = given.richAuthorizationRequests?.authorizationDetailsForAccessToken;
  const issues = given.registration?.issueRegistrationAccessToken;
  return {
    ...(find && { resourceIndicators: { getResourceServerInfo: judge.narrowingScopes(find) } }),
    ...(details && {
      richAuthorizationRequests: {
        authorizationDetailsForAccessToken: judge.narrowingDetails(details),
      },
    }),
    ...(registrar && {
      registration: { issueRegistrationAccessToken: registrar.admitting(issues) },
    }),
  };
}

function adapterOf({ adapter }: WrappedMembers) {
  if (adapter !== undefined) return adapter;
  throw new TypeError('adapter is needed with registerAgents: it keeps the registered clients');
}

function metadataDocuments(judge: AgentJudge): Section {
  return {
    clientIdMetadataDocument: {
      enabled: true,
      ack: 'draft-02',
      allowFetch: (context: RequestContext | undefined, clientId: string) =>
        judge.allowFetch(context, clientId),
      allowClient: (context: RequestContext | undefined, client: OidcClient) =>
        judge.allowClient(context, client),
      // CIMD-02 §5.2 lets a server cache; this one asks the verifier, which does.
      cacheDuration: { min: 0, max: 0 },
    },
  };
}

function agentFetch(verifier: Verifier, options: AgentClientsOptions, judge: AgentJudge) {
  return async (input: string | URL | Request, init?: RequestInit) => {
    const url = input instanceof Request ? input.url : String(input);
    const reads = (init?.method ?? 'GET') === 'GET' && judge.readsFor(url);
    if (reads) return heldResponseOf(await verifier.read(url));
    return (options.fetch ?? globalThis.fetch)(input, init);
  };
}
