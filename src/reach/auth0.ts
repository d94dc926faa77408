import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { AdminApi, type AdminLimits, type AdminRequest, objectIn, tokenIn } from './admin-api.ts';
import { AdminFailure, type Product } from './product.ts';

/** Where a tenant is, and who changes its applications. */
export interface Auth0Options {
  /** Of the tenant, without a slash at its end: `https://acme.eu.auth0.com`. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly say: (line: string) => void;
  readonly limits?: Partial<AdminLimits> | undefined;
}

/** The metadata that we keep in an application that we disabled: why, and its grant types before. */
export const auth0Mark = 'sealwright_sync';
const grantsKey = 'sealwright_grants';
/** Longest value of a metadata entry. */
const maxValueLength = 255;
const maxGrantsKeys = 4;
const attempts = 2;

/**
 * Applications of an Auth0 tenant. Auth0 has no switch for one; what it documents is that an
 * application whose `grant_types` are empty gets no token by any flow. They are kept in its
 * `client_metadata` meanwhile, where the mark is too.
 */
export function createAuth0(options: Auth0Options): Product {
  const api = new AdminApi({
    ...options,
    login: async (call) => {
      const request = loginRequest(options);
      return tokenIn(request, await call(request));
    },
  });

  async function read(name: string): Promise<Application | undefined> {
    const request = { method: 'GET', path: pathOf(name) } as const;
    const answer = await api.call(request);
    return answer.status === 404 ? undefined : applicationIn(objectIn(request, answer));
  }

  async function change(name: string, plan: (present: Application) => Change): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const present = await read(name);
      if (present === undefined) throw missing(name);
      const { grants, metadata } = plan(present);
      const body = { grant_types: grants, client_metadata: { ...present.metadata, ...metadata } };
      await api.call({ method: 'PATCH', path: pathOf(name), body });
      const after = await read(name);
      if (after !== undefined && shows(after, { grants, metadata })) return;
    }
    throw new AdminFailure('not-acknowledged', `${name}: the change does not show in Auth0`);
  }

  return {
    read: async (name) => {
      const application = await read(name);
      if (application === undefined) return undefined;
      const isMarked = textOf(application.metadata[auth0Mark]) !== '';
      return { isEnabled: application.grants.length > 0, isMarked };
    },
    disable: (name, mark) => change(name, (present) => disabling(present, mark)),
    enable: (name) => change(name, (present) => enabling(name, present)),
  };
}

interface Application {
  readonly grants: readonly string[];
  readonly metadata: JsonObject;
}

interface Change {
  readonly grants: readonly string[];
  /** null takes an entry away. */
  readonly metadata: JsonObject;
}

function disabling({ grants, metadata }: Application, mark: string): Change {
  // A second attempt, or a change of ours that was lost on its way: the grants are kept already.
  const kept = grants.length === 0 ? {} : keptGrants(grants, metadata);
  return { grants: [], metadata: { ...kept, [auth0Mark]: mark.slice(0, maxValueLength) } };
}

function enabling(name: string, { grants, metadata }: Application): Change {
  const before = grantsKeys
    .map((key) => textOf(metadata[key]))
    .join('')
    .split(' ')
    .filter((grant) => grant !== '');
  const wanted = grants.length > 0 ? grants : before;
  if (wanted.length === 0) {
    const why = 'its grant types before are not in its metadata, set them by hand';
    throw new AdminFailure('not-restorable', `${name}: ${why}`);
  }
  const ours = [auth0Mark, ...grantsKeys].filter((key) => Object.hasOwn(metadata, key));
  return { grants: wanted, metadata: Object.fromEntries(ours.map((key) => [key, null])) };
}

const grantsKeys = Array.from({ length: maxGrantsKeys }, (_, index) =>
  index === 0 ? grantsKey : `${grantsKey}_${index + 1}`,
);

/** The grant types as metadata entries, as many as their length needs; others of ours go. */
function keptGrants(grants: readonly string[], metadata: JsonObject): JsonObject {
  const text = grants.join(' ');
  const parts = grantsKeys.map((key, index): readonly [string, JsonValue] => {
    const part = text.slice(index * maxValueLength, (index + 1) * maxValueLength);
    return [key, part === '' ? null : part];
  });
  if (text.length > maxValueLength * maxGrantsKeys) {
    throw new AdminFailure('not-restorable', 'the grant types do not fit into the metadata');
  }
  const told = parts.filter(([key, part]) => part !== null || Object.hasOwn(metadata, key));
  return Object.fromEntries(told);
}

function shows({ grants, metadata }: Application, wanted: Change): boolean {
  const same = [...grants].sort().join(' ') === [...wanted.grants].sort().join(' ');
  const entries = Object.entries(wanted.metadata);
  return same && entries.every(([key, value]) => textOf(metadata[key]) === textOf(value));
}

function applicationIn({
  grant_types: grants,
  client_metadata: metadata,
}: JsonObject): Application {
  const texts = Array.isArray(grants) ? grants.filter((grant) => typeof grant === 'string') : [];
  return { grants: texts, metadata: isJsonObject(metadata) ? metadata : {} };
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function loginRequest({ url, clientId, clientSecret }: Auth0Options): AdminRequest {
  const body = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    audience: `${url}/api/v2/`,
  };
  return { method: 'POST', path: '/oauth/token', body };
}

function pathOf(name: string): string {
  return `/api/v2/clients/${encodeURIComponent(name)}`;
}

function missing(name: string): AdminFailure {
  return new AdminFailure('client-missing', `${name}: there is no such application in Auth0`);
}
