import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import { AdminApi, type AdminLimits, type AdminRequest, objectIn, tokenIn } from './admin-api.ts';
import { AdminFailure, type Product, type ProductClient } from './product.ts';

/** Where a realm is, and who changes its clients. */
export interface KeycloakOptions {
  /** Of the server, without a slash at its end: `https://keycloak.example.com`. */
  readonly url: string;
  readonly realm: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly say: (line: string) => void;
  readonly limits?: Partial<AdminLimits> | undefined;
}

/** The attribute that we keep in a client that we disabled; an empty one is none to Keycloak. */
export const keycloakMark = 'sealwright.sync';
const attempts = 2;

/**
 * Clients of a Keycloak realm. Disabling is `enabled: false` in the client's representation, which is
 * read first and put back as a whole, because the interface has no smaller change and no version to
 * tell a conflict by; it is read again afterwards, and the change made once more when it is not there.
 */
export function createKeycloak(options: KeycloakOptions): Product {
  const realm = encodeURIComponent(options.realm);
  const clients = `/admin/realms/${realm}/clients`;
  const api = new AdminApi({
    ...options,
    login: async (call) => {
      const request = loginRequest(realm, options);
      return tokenIn(request, await call(request));
    },
  });

  async function find(name: string): Promise<JsonObject | undefined> {
    const path = `${clients}?clientId=${encodeURIComponent(name)}`;
    const { body } = await api.call({ method: 'GET', path });
    const found = Array.isArray(body) ? body.filter(isJsonObject) : [];
    return found.find(({ clientId }) => clientId === name);
  }

  async function change(name: string, wanted: Wanted): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const present = await find(name);
      if (typeof present?.['id'] !== 'string') throw missing(name);
      const path = `${clients}/${encodeURIComponent(present['id'])}`;
      const read = { method: 'GET', path } as const;
      const representation = objectIn(read, await api.call(read));
      const attributes = { ...attributesOf(representation), [keycloakMark]: wanted.mark };
      const body = { ...representation, enabled: wanted.enabled, attributes };
      await api.call({ method: 'PUT', path, body });
      if (fits(objectIn(read, await api.call(read)), wanted)) return;
    }
    throw new AdminFailure('not-acknowledged', `${name}: the change does not show in Keycloak`);
  }

  return {
    read: async (name) => stateOf(await find(name)),
    disable: (name, mark) => change(name, { enabled: false, mark }),
    enable: (name) => change(name, { enabled: true, mark: '' }),
  };
}

interface Wanted {
  readonly enabled: boolean;
  readonly mark: string;
}

function loginRequest(
  realm: string,
  { clientId, clientSecret }: Pick<KeycloakOptions, 'clientId' | 'clientSecret'>,
): AdminRequest {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
  return { method: 'POST', path: `/realms/${realm}/protocol/openid-connect/token`, body };
}

function stateOf(representation: JsonObject | undefined): ProductClient | undefined {
  if (representation === undefined) return undefined;
  const isEnabled = representation['enabled'] === true;
  return { isEnabled, isMarked: markOf(representation) !== '' };
}

function fits(representation: JsonObject, { enabled, mark }: Wanted): boolean {
  return representation['enabled'] === enabled && markOf(representation) === mark;
}

function markOf(representation: JsonObject): string {
  const mark = attributesOf(representation)[keycloakMark];
  return typeof mark === 'string' ? mark : '';
}

function attributesOf({ attributes }: JsonObject): JsonObject {
  return isJsonObject(attributes) ? attributes : {};
}

function missing(name: string): AdminFailure {
  return new AdminFailure('client-missing', `${name}: there is no such client in Keycloak`);
}
