import type { JsonObject, JsonValue } from '../../../src/protocol/strict-json.ts';
import { type AdminServer, admin, startAdminServer } from './admin-server.ts';

const base = '/api/v2/clients/';

/**
 * The part of Auth0's Management API that is used, written from its documentation: one client by its
 * id, and PATCH, which sets the members that it has and merges `client_metadata`, in which null takes
 * an entry away; ten entries of 255 characters at most.
 */
export async function startAuth0Server(): Promise<AdminServer> {
  const server = await startAdminServer({
    tokenPath: '/oauth/token',
    isLogin: ({ headers: { host } }, body) => {
      const { audience, ...rest } = JSON.parse(body);
      const wanted = {
        grant_type: 'client_credentials',
        client_id: admin.clientId,
        client_secret: admin.clientSecret,
      };
      const fits = audience === `http://${host}/api/v2/`;
      return fits && JSON.stringify(rest) === JSON.stringify(wanted);
    },
    handle: (clients, { method, path, body }) => {
      const client = clients.get(decodeURIComponent(path.slice(base.length)));
      if (!path.startsWith(base) || client === undefined) return { status: 404, body: {} };
      if (method === 'GET') return { status: 200, body: client };
      if (method !== 'PATCH') return { status: 405 };
      const sent = JSON.parse(body) as JsonObject;
      const metadata = merged(client['client_metadata'], sent['client_metadata']);
      const sizes = Object.values(metadata).map((value) => String(value).length);
      if (sizes.length > 10 || sizes.some((size) => size > 255)) return { status: 400, body: {} };
      const changed = { ...client, ...sent, client_metadata: metadata };
      clients.set(String(client['client_id']), changed);
      return { status: 200, body: changed };
    },
  });
  return server;
}

function merged(present: JsonValue | undefined, sent: JsonValue | undefined): JsonObject {
  const entries = Object.entries({ ...Object(present), ...Object(sent) });
  return Object.fromEntries(entries.filter(([, value]) => value !== null)) as JsonObject;
}

/** An application as a tenant has it. */
export function auth0Client(clientId: string, changes: JsonObject = {}): JsonObject {
  return {
    client_id: clientId,
    name: 'Billing Bot',
    grant_types: ['authorization_code', 'client_credentials'],
    client_metadata: { team: 'payments' },
    ...changes,
  };
}
