import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import { type AdminServer, admin, type Handled, startAdminServer } from './admin-server.ts';

export const realm = 'agents';
const base = `/admin/realms/${realm}/clients`;

/**
 * The part of Keycloak's Admin REST API that is used, written from its documentation: clients by
 * `clientId`, and one by its `id`. A PUT sets the members that it has; an attribute that is empty is
 * taken away.
 */
export async function startKeycloakServer(): Promise<AdminServer> {
  return startAdminServer({
    tokenPath: `/realms/${realm}/protocol/openid-connect/token`,
    isLogin: ({ headers }, body) => {
      const form = new URLSearchParams(body);
      const sent = [form.get('grant_type'), form.get('client_id'), form.get('client_secret')];
      const wanted = ['client_credentials', admin.clientId, admin.clientSecret];
      const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
      return isForm && JSON.stringify(sent) === JSON.stringify(wanted);
    },
    handle: (clients, { method, path, body }) => {
      const url = new URL(path, 'http://x');
      if (method === 'GET' && url.pathname === base) {
        const found = clients.get(url.searchParams.get('clientId') ?? '');
        return { status: 200, body: found === undefined ? [] : [found] };
      }
      const id = decodeURIComponent(url.pathname.slice(base.length + 1));
      const client = [...clients.values()].find((one) => one['id'] === id);
      if (client === undefined) return { status: 404, body: { error: 'Could not find client' } };
      if (method === 'GET') return { status: 200, body: client };
      return method === 'PUT' ? put(clients, client, JSON.parse(body)) : { status: 405 };
    },
  });
}

function put(clients: Map<string, JsonObject>, client: JsonObject, sent: JsonObject): Handled {
  const attributes = { ...Object(client['attributes']), ...Object(sent['attributes']) };
  const kept = Object.entries(attributes).filter(([, value]) => value !== '' && value !== null);
  const changed = { ...client, ...sent, attributes: Object.fromEntries(kept) } as JsonObject;
  clients.set(String(client['clientId']), changed);
  return { status: 204 };
}

/** A client as a realm has it. */
export function keycloakClient(clientId: string, changes: JsonObject = {}): JsonObject {
  return {
    id: `uuid of ${clientId}`,
    clientId,
    enabled: true,
    serviceAccountsEnabled: true,
    redirectUris: ['https://id.acme.com/callback'],
    attributes: { 'jwks.url': 'https://id.acme.com/jwks.json' },
    ...changes,
  };
}
