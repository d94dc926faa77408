import type { Method } from '../../src/http/route.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { asJson, readsLogs } from '../credentials/made-claims.ts';
import type { Things } from './api-world.ts';
import { heldJwk } from './edge-world.ts';

type Example = (things: Things) => JsonObject;

const because: Example = () => ({ reason: 'INC-1' });
/** Of a tree without leaves, which every trail begins with. */
const someCheckpoint = 'x\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— x AAAAAAAA\n';
const nothing: Example = () => ({});

/** A body that each call with a body would take, and all that the query of each other call may name. */
const examples: Readonly<Record<string, Example>> = {
  'POST /agents': ({ template }) => ({
    handle: 'new-bot',
    kind: 'agent',
    name: 'New Bot',
    owners: ['a@acme.com'],
    team: 'payments',
    tags: ['prod'],
    version: '1.0.0',
    redirectUris: ['https://new.acme.com/callback'],
    grantTypes: ['client_credentials'],
    logoUri: 'https://new.acme.com/logo.png',
    keyCustody: 'registry',
    expiresAt: '2027-01-01T00:00:00Z',
    template,
  }),
  'GET /agents': ({ owner }) => ({
    ...{ state: 'active', kind: 'agent', team: 'payments', tag: 'prod', owner, q: 'bot' },
    limit: '5',
  }),
  'GET /agents/:target': nothing,
  'PATCH /agents/:target': () => ({
    name: 'Renamed',
    description: null,
    owners: ['b@acme.com'],
    team: 'payments',
    tags: ['test'],
    version: '2.0.0',
    expiresAt: '2027-02-01T00:00:00Z',
  }),
  'GET /agents/:target/documents': nothing,
  'POST /agents/:target/suspend': because,
  'POST /agents/:target/resume': because,
  'POST /agents/:target/retire': because,
  'GET /agents/:target/keys': nothing,
  'POST /agents/:target/keys': () => ({ overlap: 'P1D' }),
  'POST /agents/:target/keys/:part/retire': because,
  'POST /agents/:target/keys/:part/compromise': () => ({ reason: 'INC-1', jwk: heldJwk }),
  'POST /agents/:target/assertions': () => ({ audience: 'https://as.acme.com', profile: null }),
  'POST /agents/:target/credentials': () => ({
    type: 'allowed-actions',
    claims: asJson(readsLogs),
    reason: 'CHG-1',
    visibility: 'public',
    validFor: 'P30D',
  }),
  'GET /credentials': ({ handle }) => ({
    agent: handle,
    type: 'passport',
    state: 'active',
    expiresBefore: '2028-01-01T00:00:00Z',
    limit: '5',
  }),
  'GET /credentials/:target': nothing,
  'POST /credentials/:target/renew': because,
  'POST /credentials/:target/revoke': because,
  'POST /credentials/:target/suspend': because,
  'POST /credentials/:target/resume': because,
  'POST /revocations': () => ({ filter: { tag: 'nowhere' }, reason: 'INC-1', preview: true }),
  'POST /suspensions': () => ({ filter: { tag: 'nowhere' }, reason: 'INC-1', preview: true }),
  'GET /access': () => ({
    ...{ action: 'read', resource: 'logs/production', at: '2026-11-20T12:00:00Z', limit: '5' },
  }),
  'POST /verify': () => ({
    client_id: 'https://id.acme.com/a/bot/client.json',
    scope: 'read',
    authorizationDetails: [{ type: 'logs' }],
  }),
  'GET /organization': nothing,
  'PATCH /organization': () => ({ name: 'Acme Ltd', contact: 'security@acme.com' }),
  'POST /organizations': () => ({ name: 'Labs', contact: 'labs@acme.com', path: 'labs' }),
  'GET /organizations': () => ({ limit: '5' }),
  'POST /tokens': ({ handle }) => ({
    ...{ name: 'ci', scopes: ['verify'], expiresAt: null, team: null, agent: handle },
  }),
  'GET /tokens': nothing,
  'DELETE /tokens/:target': nothing,
  'POST /workload-rules': ({ handle }) => ({
    name: 'ci',
    kind: 'oidc',
    issuer: 'https://ci.acme.com',
    audience: null,
    claims: { sub: 'repo:*', ref: ['main', 'release'] },
    grants: { scopes: ['verify'], team: null, agent: handle },
    tokenLifetime: 'PT10M',
    jwksUri: null,
  }),
  'GET /workload-rules': nothing,
  'DELETE /workload-rules/:target': nothing,
  'GET /organization/keys': nothing,
  'POST /organization/keys': ({ issuerKey }) => ({ action: 'retire', key: issuerKey }),
  'GET /audit': ({ credential }) => ({
    action: 'credential.issued',
    subject: credential,
    since: '2026-01-01T00:00:00Z',
    until: '2028-01-01T00:00:00Z',
    actor: 'tok_1',
    requestId: 'b9d6e9c1',
    limit: '5',
  }),
  'GET /audit/verify': () => ({ checkpoint: someCheckpoint }),
  'GET /audit/export': () => ({
    ...{ format: 'ocsf', complete: 'false', action: 'agent.onboarded', subject: 'agt_1' },
    ...{ actor: 'tok_1', requestId: 'b9d6e9c1' },
    ...{ since: '2026-01-01T00:00:00Z', until: '2028-01-01T00:00:00Z' },
  }),
  'GET /audit/consistency': () => ({ from: '0', to: '0' }),
  'GET /audit/receipts/:target': nothing,
  'GET /credentials/:target/receipts': () => ({ action: 'credential.issued' }),
  'POST /enrolments': ({ template }) => ({
    handle: 'invited-bot',
    name: 'Invited',
    kind: 'agent',
    owners: ['a@acme.com'],
    template,
    approval: true,
    expiresIn: 'PT1H',
  }),
  'GET /enrolments': () => ({ state: 'open', limit: '5' }),
  'GET /enrolments/:target': nothing,
  'POST /enrolments/:target/approve': nothing,
  'POST /enrolments/:target/reject': because,
  'DELETE /enrolments/:target': nothing,
  'POST /enrol': () => ({ token: 'swe_x', jwk: heldJwk, proof: 'a.b.c', handle: 'x', name: 'X' }),
  'POST /templates': () => ({
    name: 'readers',
    kind: 'agent',
    defaults: { owners: ['a@acme.com'], tags: ['prod'], keyCustody: 'issued', expiresIn: 'P30D' },
    credentials: [{ type: 'allowed-actions', claims: asJson(readsLogs), reason: 'CHG-1' }],
    approval: false,
  }),
  'GET /templates': () => ({ limit: '5' }),
  'GET /templates/:target': nothing,
  'PATCH /templates/:target': () => ({ kind: 'mcp-server', defaults: {}, approval: true }),
  'DELETE /templates/:target': nothing,
  'POST /apply': ({ handle }) => ({
    preview: false,
    prune: true,
    reason: 'CHG-1',
    agents: [
      {
        ...{ handle, kind: 'agent', name: 'Applied', owners: ['a@acme.com'] },
        ...{ keyCustody: 'registry', expiresAt: '2027-01-01T00:00:00Z' },
        credentials: [{ type: 'allowed-actions', claims: asJson(readsLogs), reason: 'CHG-1' }],
      },
    ],
  }),
  'GET /export': () => ({ team: 'payments', limit: '5' }),
  'POST /owners/departed': () => ({ owner: 'gone@acme.com', reason: 'HR-2' }),
  'GET /owners/departed': nothing,
  'DELETE /owners/departed/:target': nothing,
  'GET /orphans': () => ({
    ...{ kind: 'owner-departed', expiringWithinDays: '14', unverifiedForDays: '30', limit: '5' },
  }),
  'POST /trusted-issuers': () => ({
    issuer: 'did:web:assessor.example',
    credentialTypes: ['AgentComplianceCredential'],
  }),
  'GET /trusted-issuers': nothing,
  'DELETE /trusted-issuers/:target': nothing,
  'POST /agents/:target/credentials/import': () => ({ jwt: 'a.b.c', reason: 'imported' }),
  'GET /agents/:target/imports': nothing,
  'GET /imports/:target': nothing,
  'DELETE /imports/:target': nothing,
  'POST /rules': () => ({
    name: 'two owners',
    when: { action: 'read', kind: 'agent', tag: 'prod' },
    require: { attestation: { framework: 'https://www.iso.org/standard/27001' }, owners: 2 },
  }),
  'GET /rules': nothing,
  'POST /schemas': ({ customType }) => ({
    name: customType,
    schema: { type: 'object', properties: { level: { type: 'string' } } },
    description: 'What somebody was cleared for',
  }),
  'GET /schemas': () => ({ limit: '5' }),
  'GET /schemas/:target': nothing,
  'PATCH /rules/:target': () => ({ name: 'three owners', require: { owners: 3 } }),
  'DELETE /rules/:target': nothing,
  'POST /webhooks': () => ({
    url: 'https://hooks.acme.com/new',
    description: 'chat',
    events: ['credential.revoked'],
  }),
  'GET /webhooks': nothing,
  'GET /webhooks/:target': nothing,
  'PATCH /webhooks/:target': () => ({
    url: 'https://hooks.acme.com/changed',
    description: null,
    events: [],
    state: 'enabled',
  }),
  'DELETE /webhooks/:target': nothing,
  'POST /webhooks/:target/test': nothing,
  'POST /webhooks/:target/rotate-secret': nothing,
  'GET /webhooks/:target/deliveries': () => ({ limit: '5' }),
  'POST /webhooks/:target/deliveries/:part/redeliver': nothing,
  'POST /ssf/streams': () => ({
    delivery: {
      method: 'urn:ietf:rfc:8935',
      endpoint_url: 'https://as.acme.com/events',
      authorization_header: 'Bearer x',
    },
    events_requested: ['https://schemas.openid.net/secevent/caep/event-type/session-revoked'],
    description: 'the AS',
    aud: 'https://as.acme.com',
  }),
  'GET /ssf/streams': ({ stream }) => ({ stream_id: stream }),
  'PATCH /ssf/streams': ({ stream }) => ({
    stream_id: stream,
    description: 'changed',
    events_requested: [],
    delivery: { method: 'urn:ietf:rfc:8936' },
    aud: `urn:sealwright:stream:${stream}`,
  }),
  'PUT /ssf/streams': ({ stream }) => ({ stream_id: stream, description: 'replaced' }),
  'DELETE /ssf/streams': ({ stream }) => ({ stream_id: stream }),
  'GET /ssf/status': ({ stream }) => ({ stream_id: stream }),
  'POST /ssf/status': ({ stream }) => ({
    ...{ stream_id: stream, status: 'paused', reason: 'maintenance' },
  }),
  'POST /ssf/verification': ({ stream }) => ({ stream_id: stream, state: 'abc' }),
  'POST /ssf/poll/:target': ({ stream }) => ({
    maxEvents: 1,
    returnImmediately: true,
    ack: [`${stream}.evt_1.1`],
    setErrs: { [`${stream}.evt_2.1`]: { err: 'invalid_key', description: 'unknown' } },
  }),
  'POST /organization/event-keys': () => ({ action: 'rotate' }),
  'GET /findings': ({ handle, rule }) => ({ state: 'open', rule, agent: handle, limit: '5' }),
};

/** What `:target` is below each collection. */
const targets: Readonly<Record<string, keyof Things>> = {
  '/agents/': 'handle',
  '/audit/receipts/': 'event',
  '/credentials/': 'credential',
  '/tokens/': 'token',
  '/workload-rules/': 'workloadRule',
  '/enrolments/': 'enrolment',
  '/templates/': 'template',
  '/owners/departed/': 'owner',
  '/trusted-issuers/': 'issuer',
  '/imports/': 'imported',
  '/rules/': 'rule',
  '/schemas/': 'customType',
  '/webhooks/': 'webhook',
  '/ssf/poll/': 'stream',
};

interface Named {
  readonly method: Method;
  readonly path: string;
}

/** The input that a route would take. Throws for a route without an example: it needs one here. */
export function exampleOf({ method, path }: Named, things: Things): JsonObject {
  const example = examples[`${method} ${path}`];
  if (example === undefined) throw new Error(`no example for ${method} ${path}`);
  return example(things);
}

/** The path of a route with the names of these things. Throws for a collection that is not known. */
export function pathOf({ path }: Pick<Named, 'path'>, things: Things): string {
  const at = path.indexOf(':target');
  if (at < 0) return path;
  const target = targets[path.slice(0, at)];
  if (target === undefined) throw new Error(`no name for the target of ${path}`);
  return path
    .replace(':target', encodeURIComponent(things[target]))
    .replace(':part', encodeURIComponent(things.thumbprint));
}

/** What goes out for an input: a body, or a query. */
export function messageOf({ method }: Named, input: JsonObject): { body?: string; query: string } {
  if (method !== 'GET' && method !== 'DELETE') return { body: JSON.stringify(input), query: '' };
  const members = Object.entries(input).map(([name, value]) => {
    return [name, typeof value === 'string' ? value : JSON.stringify(value)];
  });
  return { query: members.length === 0 ? '' : `?${new URLSearchParams(members)}` };
}

/** The routes that the examples are for, to be held against those that there are. */
export const exampleNames = Object.keys(examples);
