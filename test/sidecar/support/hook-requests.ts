import type { RawRequest } from '../../support/raw-request.ts';

/** What is asked about a client, put in the words of a product. */
export interface Asked {
  readonly clientId: string;
  readonly scopes: readonly string[];
}

/** How the tests speak one hook's language. */
export interface HookLanguage {
  readonly path: string;
  readonly ask: (asked: Asked) => { readonly target: string; readonly request: RawRequest };
}

function posting(path: string, bodyOf: (asked: Asked) => object): HookLanguage {
  const headers = { 'Content-Type': 'application/json' };
  return {
    path,
    ask: (asked) => ({
      target: path,
      request: { method: 'POST', headers, body: JSON.stringify(bodyOf(asked)) },
    }),
  };
}

export const languages = {
  verify: posting('/api/v1/verify', ({ clientId, scopes }) => ({
    client_id: clientId,
    scope: scopes.join(' '),
  })),
  okta: posting('/hooks/okta', ({ clientId, scopes }) => ({
    eventType: 'com.okta.oauth2.tokens.transform',
    data: {
      context: { protocol: { type: 'OAUTH2.0', client: { id: clientId, name: 'Bot' } } },
      access: {
        claims: { cid: clientId },
        scopes: Object.fromEntries(scopes.map((scope) => [scope, { id: 'scp1', action: 'GRANT' }])),
      },
    },
  })),
  auth0: posting('/hooks/auth0', ({ clientId, scopes }) => ({
    client: { client_id: clientId, name: 'Bot' },
    accessToken: { scope: scopes },
  })),
  entra: posting('/hooks/entra', ({ clientId }) => ({
    type: 'microsoft.graph.authenticationEvent.tokenIssuanceStart',
    data: {
      '@odata.type': 'microsoft.graph.onTokenIssuanceStartCalloutData',
      authenticationContext: { clientServicePrincipal: { id: 'x', appId: clientId } },
    },
  })),
  envoy: {
    path: '/ext_authz',
    ask: ({ clientId, scopes }) => ({
      target: '/ext_authz/orders/7?page=2',
      request: {
        method: 'PUT',
        headers: { 'x-sealwright-client-id': clientId, 'x-sealwright-scope': scopes.join(' ') },
      },
    }),
  },
  authzen: posting('/access/v1/evaluation', ({ clientId, scopes: [scope = 'read:none'] }) => {
    const [, action, resource] = /^([^:]*):(.*)$/.exec(scope) ?? [];
    return {
      subject: { type: 'agent', id: clientId },
      action: { name: action },
      resource: { type: 'logs', id: resource },
    };
  }),
  keycloak: posting('/hooks/keycloak', ({ clientId, scopes }) => ({
    event: 'SERVICE_ACCOUNT_TOKEN_REQUEST',
    realm: 'agents',
    clientId,
    scope: scopes.join(' '),
  })),
} as const satisfies Readonly<Record<string, HookLanguage>>;
