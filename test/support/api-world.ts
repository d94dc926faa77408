import { createOrganization } from '../../src/journeys/create-organization.ts';
import { type TokenScope, tokenScopes } from '../../src/organizations/api-token.ts';
import type { Organization } from '../../src/organizations/organization.ts';
import { asJson, readsLogs } from '../credentials/made-claims.ts';
import { startClockedRegistry } from './clocked-registry.ts';
import { startOutsideIssuer } from './outside-issuer.ts';
import { openStateDigest } from './state-digest.ts';

/** An answer as it came, so that its text can be searched. */
export interface TextAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** One of each thing that a path may name, of one agent in the team `payments`. */
export interface Things {
  readonly handle: string;
  readonly thumbprint: string;
  readonly credential: string;
  readonly token: string;
  readonly enrolment: string;
  readonly template: string;
  readonly customType: string;
  readonly workloadRule: string;
  readonly rule: string;
  readonly imported: string;
  readonly issuer: string;
  readonly owner: string;
  readonly issuerKey: string;
  readonly webhook: string;
  readonly stream: string;
  readonly event: string;
}

/** The API on PostgreSQL without rounds, whose rows change by calls alone. */
export async function startApiWorld() {
  const place = await startClockedRegistry({
    judgeOutside: async () => ({ state: 'accepted', cause: null }),
  });
  const state = await openStateDigest(place.connectionString);
  const assessor = await startOutsideIssuer();
  const ask = async (method: string, path: string, options: AskOptions = {}) => {
    const { token = place.token, body, headers = {} } = options;
    const response = await fetch(`${place.url}/api/v1${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, text: await response.text() };
  };
  const make = async (method: string, path: string, body?: object): Promise<Made> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const { status, text } = await ask(method, path, sent);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text);
  };
  let made = 0;
  return {
    ...place,
    state,
    ask,
    /** A token of this organization, or of another one. */
    grant: async (order: GrantOrder = {}) => {
      const { scopes = tokenScopes, of = place.organization, ...reach } = order;
      const actor = { kind: 'token', id: 'tok_1' } as const;
      const caller = { organizationId: of.id, actor };
      const token = { ...caller, name: 'test', scopes, expiresAt: null, ...reach };
      return (await place.registry.createToken(token)).text;
    },
    /** Another organization, with nothing left to publish. */
    openOther: async () => {
      const other = await createOrganization(place.deps, {
        baseUrl: 'https://id.other.com',
        name: 'Other',
        contact: 'platform@other.com',
      });
      await place.keep();
      return other;
    },
    /** Makes one of each, of names that were not there before. */
    makeThings: async (): Promise<Things> => {
      made += 1;
      place.clock.moveBy(1);
      const name = `bot-${made}`;
      const owner = `left-${made}@acme.com`;
      const agent = { handle: name, kind: 'agent', name, owners: ['a@acme.com'] };
      const about = { team: 'payments', keyCustody: 'registry' };
      const { id, did, clientId } = await make('POST', '/agents', { ...agent, ...about });
      const facet = { type: 'allowed-actions', claims: asJson(readsLogs), reason: 'CHG-1' };
      const { issuer } = await make('POST', '/trusted-issuers', {
        issuer: assessor.did,
        credentialTypes: ['AgentComplianceCredential'],
      });
      const jwt = await assessor.issue({ clientId: `${clientId}`, did: `${did}` });
      const workload = {
        name,
        issuer: 'https://ci.acme.com',
        claims: { sub: name },
        grants: { scopes: ['verify'] },
      };
      const idOf = async (path: string, body: object) =>
        `${(await make('POST', path, body))['id']}`;
      await make('POST', '/owners/departed', { owner, reason: 'HR-1' });
      await make('POST', '/templates', { name });
      const customType = `clearance-v${made}`;
      const schema = { type: 'object', properties: { level: { type: 'string' } } };
      await make('POST', '/schemas', { name: customType, schema });
      const keys = await make('GET', `/agents/${name}/keys`);
      const issuerKeys = await make('GET', '/organization/keys');
      const { data: records } = await make('GET', `/audit?subject=${id}&limit=1`);
      return {
        ...{ handle: name, template: name, customType, owner, issuer: `${issuer}` },
        thumbprint: firstOf(keys['keys'])['kid'] ?? '',
        event: (records as [{ event: { id: string } }])[0].event.id,
        issuerKey: firstOf(issuerKeys['data'])['id'] ?? '',
        webhook: await idOf('/webhooks', { url: `https://hooks.acme.com/${name}` }),
        stream: `${(await make('POST', '/ssf/streams', {}))['stream_id']}`,
        credential: await idOf(`/agents/${name}/credentials`, facet),
        token: await idOf('/tokens', { name, scopes: ['verify'] }),
        enrolment: await idOf('/enrolments', { kind: 'agent', owners: ['a@acme.com'] }),
        workloadRule: await idOf('/workload-rules', workload),
        rule: await idOf('/rules', { name, when: { tag: 'prod' }, require: { owners: 2 } }),
        imported: await idOf(`/agents/${name}/credentials/import`, { jwt }),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await assessor[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

export type ApiWorld = Awaited<ReturnType<typeof startApiWorld>>;

type Made = Readonly<Record<string, unknown>>;

interface AskOptions {
  readonly token?: string | null;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface GrantOrder {
  readonly scopes?: readonly TokenScope[];
  readonly of?: Organization;
  readonly team?: string;
  readonly agent?: string;
}

function firstOf(list: unknown): Readonly<Record<string, string>> {
  const [first] = list as readonly Readonly<Record<string, string>>[];
  if (first === undefined) throw new Error('an empty list');
  return first;
}
