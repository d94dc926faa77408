import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Configuration, type Grant, Provider } from 'oidc-provider';
import { type AgentClientsOptions, withAgentClients } from '../verifier/adapters/oidc-provider.ts';
import type { Verifier } from '../verifier/ports.ts';
import type { CertificateFiles } from './certificates.ts';
import { type HttpsListener, listenHttps } from './listen-https.ts';

/** What an authorization server on this machine needs. */
export interface AuthorizationServerOptions {
  readonly certificates: CertificateFiles;
  readonly verifier: Verifier;
  /** Resource indicators (RFC 8707) and the scopes each knows; may grow while the server runs. */
  readonly resources: ReadonlyMap<string, readonly string[]>;
  readonly onVerdict?: AgentClientsOptions['onVerdict'];
  /** false leaves the papers unread: any metadata document makes a client. Default true. */
  readonly checksPapers?: boolean;
  /** Where it answers, ended with it; one of its own unless given. */
  readonly listener?: HttpsListener;
}

/** A running authorization server; `issuer` is its URL. */
export interface AuthorizationServer extends AsyncDisposable {
  readonly issuer: string;
}

const accessTokenTtlS = 600;
const sessionTtlS = 3600;
const authorizationPath = '/auth';
const consentPath = '/consent/';
/** The person who is signed in and agrees to everything. */
const accountId = 'operator';

/**
 * Starts node-oidc-provider over https on loopback: client credentials, authorization code with
 * PKCE, resource indicators, JWT access tokens (RFC 9068), and agents as clients by their papers.
 * Its consent page agrees by itself; the verdict does not depend on it.
 */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const listener = options.listener ?? (await listenHttps(options.certificates));
  const provider = new Provider(listener.url, configurationOf(options));
  const protocol = provider.callback();
  listener.handle((request, response) => {
    if (request.url?.startsWith(consentPath)) void agree(provider, request, response);
    else {
      request.url = withDefaultScope(request.url ?? '/', options.resources);
      void protocol(request, response);
    }
  });
  return {
    issuer: listener.url,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

/**
 * RFC 6749 §3.3: an authorization request without a scope is one for everything that its resource
 * knows, of which the client then gets what its papers permit.
 */
function withDefaultScope(
  target: string,
  resources: AuthorizationServerOptions['resources'],
): string {
  const [path, query] = target.split('?');
  const parameters = new URLSearchParams(query);
  const scopes = resources.get(parameters.get('resource') ?? '');
  if (path !== authorizationPath || scopes === undefined || parameters.has('scope')) return target;
  parameters.set('scope', scopes.join(' '));
  return `${path}?${parameters}`;
}

function configurationOf(options: AuthorizationServerOptions): Configuration {
  const configuration = plainConfiguration(options.resources);
  if (options.checksPapers === false) return withUncheckedClients(configuration);
  const { onVerdict } = options;
  return withAgentClients(configuration, options.verifier, onVerdict ? { onVerdict } : {});
}

function plainConfiguration(resources: AuthorizationServerOptions['resources']): Configuration {
  return {
    jwks: { keys: [{ ...signingJwk(), alg: 'ES256', use: 'sig' }] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clientAuthMethods: ['private_key_jwt'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    pkce: { required: () => true },
    ttl: {
      AccessToken: accessTokenTtlS,
      ClientCredentials: accessTokenTtlS,
      Grant: sessionTtlS,
      Interaction: sessionTtlS,
      Session: sessionTtlS,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => ({
          scope: (resources.get(resource) ?? []).join(' '),
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    interactions: { url: (_context, interaction) => `${consentPath}${interaction.uid}` },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    renderError: (context, out) => {
      context.type = 'json';
      context.body = out;
    },
  };
}

/** The control: the same server with the hook taken out. */
function withUncheckedClients(configuration: Configuration): Configuration {
  return {
    ...configuration,
    // node-oidc-provider's own guard refuses loopback, and its dispatcher carries that guard.
    fetch: (url, init) => fetch(url, { ...init, dispatcher: undefined } as RequestInit),
    features: {
      ...configuration.features,
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
    },
  };
}

function signingJwk() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'jwk' }) as { kty: 'EC'; crv: 'P-256'; x: string; y: string };
}

async function agree(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const details = await provider.interactionDetails(request, response);
    if (details.prompt.name === 'login') {
      await provider.interactionFinished(request, response, { login: { accountId } });
      return;
    }
    const grant = await grantFor(provider, details);
    addMissing(grant, details.prompt.details);
    const consent = { grantId: await grant.save() };
    await provider.interactionFinished(request, response, { consent });
  } catch {
    response.writeHead(400).end();
  }
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

async function grantFor(provider: Provider, details: Details): Promise<Grant> {
  const held = details.grantId ? await provider.Grant.find(details.grantId) : undefined;
  if (held) return held;
  const { client_id } = details.params;
  return new provider.Grant({ accountId, clientId: String(client_id) });
}

function addMissing(grant: Grant, missing: Details['prompt']['details']): void {
  const { missingOIDCScope, missingResourceScopes } = missing as {
    missingOIDCScope?: string[];
    missingResourceScopes?: { [resource: string]: string[] };
  };
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope);
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes);
  }
}
