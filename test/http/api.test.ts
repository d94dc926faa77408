import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CredentialId } from '../../src/credentials/credential.ts';
import { apiRoutes, createApp } from '../../src/http/app.ts';
import { type Listeners, startListeners } from '../../src/http/listeners.ts';
import { createLog } from '../../src/http/log.ts';
import { RateLimits } from '../../src/http/rate-limits.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { SealwrightError } from '../../src/kernel/sealwright-error.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { type ApiToken, type TokenScope, tokenScopes } from '../../src/organizations/api-token.ts';
import { asJson, certified, readsLogs } from '../credentials/made-claims.ts';
import { payloadOf } from '../journeys/registry-world.ts';
import { type EdgeWorld, heldJwk, openEdgeWorld, watchedRegistry } from '../support/edge-world.ts';
import { type RawRequest, rawRequest } from '../support/raw-request.ts';
import { createStubVerifier, type StubVerifier } from '../support/stub-verifier.ts';

const uuid = /^urn:uuid:[0-9a-f]{8}-[0-9a-f-]{27}$/;
const compactJws = /^[\w-]+\.[\w-]+\.[\w-]{86}$/;
const order = {
  handle: 'billing-bot',
  kind: 'agent',
  name: 'Billing Bot',
  owners: ['a@acme.com'],
  jwk: heldJwk,
};

let listeners: Listeners;
let world: EdgeWorld;
let verifier: StubVerifier;
let token: { readonly token: ApiToken; readonly text: string };
let ready = true;
const logged: string[] = [];

beforeAll(async () => {
  const log = createLog('info', { write: (line) => void logged.push(line) });
  const app = createApp({
    limits: new RateLimits({ clock: systemClock, perMinute: null }),
    registry: watchedRegistry(() => world),
    verifierOf: () => verifier,
    checkReadiness: async () => [{ name: 'database', ok: ready }],
    metrics: new Metrics(),
    origin: 'https://id.acme.com',
    clock: { now: () => world.clock.now() },
    log,
  });
  const settings = {
    listen: { host: '127.0.0.1', port: 0 },
    adminListen: undefined,
    tls: undefined,
  };
  listeners = await startListeners(settings, { public: app, admin: null });
});

afterAll(() => listeners.close());

beforeEach(async () => {
  world = await openEdgeWorld();
  verifier = createStubVerifier();
  token = await world.grant();
  ready = true;
  logged.length = 0;
});

describe('agents', () => {
  test('onboarding answers 201 with the identity, and takes the key as it is', async () => {
    const answer = await call('POST /api/v1/agents', {
      ...order,
      tags: ['prod'],
      version: '3.2.1',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe('/api/v1/agents/billing-bot');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    for (const absent of ['access-control-allow-origin', 'x-powered-by', 'set-cookie']) {
      expect(answer.headers).not.toHaveProperty(absent);
    }
    expect(answer.json).toEqual({
      id: expect.stringMatching(/^agt_/),
      handle: 'billing-bot',
      kind: 'agent',
      state: 'active',
      name: 'Billing Bot',
      description: null,
      owners: ['a@acme.com'],
      team: null,
      tags: ['prod'],
      version: '3.2.1',
      did: 'did:web:id.acme.com:a:billing-bot',
      clientId: 'https://id.acme.com/a/billing-bot/client.json',
      jwksUri: 'https://id.acme.com/a/billing-bot/jwks.json',
      redirectUris: ['https://id.acme.com/a/billing-bot/callback'],
      grantTypes: ['authorization_code', 'client_credentials'],
      logoUri: null,
      profiles: [],
      keyCustody: 'jwk',
      expiresAt: '2027-11-20T12:00:00.000Z',
      createdAt: '2026-11-20T12:00:00.000Z',
      updatedAt: '2026-11-20T12:00:00.000Z',
      advice: [{ code: 'one-owner', detail: expect.stringContaining('a second one') }],
      documents: {
        page: 'https://id.acme.com/a/billing-bot',
        client: 'https://id.acme.com/a/billing-bot/client.json',
        did: 'https://id.acme.com/a/billing-bot/did.json',
        jwks: 'https://id.acme.com/a/billing-bot/jwks.json',
        credentials: 'https://id.acme.com/a/billing-bot/credentials',
      },
    });
  });

  test('a key that is handed out is in the answer once', async () => {
    const { jwk: _, ...rest } = order;
    const made = await call('POST /api/v1/agents', { ...rest, keyCustody: 'issued' });
    const [published] = (await world.json('/a/billing-bot/jwks.json')).keys;
    const { kty, crv, x, y } = published;
    const d = expect.stringMatching(/^[\w-]{43}$/);
    expect(made.json).toMatchObject({ keyCustody: 'issued', privateJwk: { kty, crv, x, y, d } });
    expect(published).not.toHaveProperty('d');
    const read = await call('GET /api/v1/agents/billing-bot');
    expect(read.json).not.toHaveProperty('privateJwk');
  });

  test('a listing goes on where its cursor says, and ends', async () => {
    for (const handle of ['one', 'two', 'six']) await enrol(handle);
    const first = await call('GET /api/v1/agents?limit=2&state=active');
    const cursor = first.json['next'];
    expect(handles(first.json)).toHaveLength(2);
    expect(first.headers['link']).toBe(
      `</api/v1/agents?limit=2&state=active&cursor=${cursor}>; rel="next"`,
    );
    const last = await call(`GET /api/v1/agents?limit=2&state=active&cursor=${cursor}`);
    expect(last.json['next']).toBeNull();
    expect(last.headers).not.toHaveProperty('link');
    expect([...handles(first.json), ...handles(last.json)].toSorted()).toEqual([
      'one',
      'six',
      'two',
    ]);
  });

  test('a profile changes member by member', async () => {
    await enrol('billing-bot');
    const answer = await call('PATCH /api/v1/agents/billing-bot', { name: 'New', team: null });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ name: 'New', team: null, owners: ['a@acme.com'] });
  });

  test('the end is moved, and an agent past it is gone after the next round', async () => {
    await enrol('billing-bot');
    const at = 'PATCH /api/v1/agents/billing-bot';
    const moved = await call(at, { expiresAt: '2026-12-24T00:00:00Z' });
    expect(moved.json).toMatchObject({ expiresAt: '2026-12-24T00:00:00.000Z' });
    for (const [expiresAt, pointer] of [
      ['2026-11-01T00:00:00Z', '/expiresAt'],
      [null, '/expiresAt'],
    ]) {
      const refused = await call(at, { expiresAt });
      expect([refused.status, refused.json['errors']]).toMatchObject([400, [{ pointer }]]);
    }
    world.clock.set('2026-12-24T00:00:00Z');
    await world.keep();
    const { json } = await call('GET /api/v1/agents/billing-bot');
    expect(json).toMatchObject({ state: 'retired' });
    expect((await world.document('/a/billing-bot/client.json'))?.state).toBe('gone');
  });

  test('a strict document comes and goes with its profile', async () => {
    const base = 'https://id.acme.com/a/billing-bot/strict';
    const made = await call('POST /api/v1/agents', { ...order, profiles: ['strict'] });
    expect(made.json).toMatchObject({
      profiles: ['strict'],
      documents: {
        strictClient: `${base}/client.json`,
        strictPassport: `${base}/passport.jwt`,
      },
    });
    const at = 'PATCH /api/v1/agents/billing-bot';
    const without = await call(at, { profiles: [] });
    expect(without.json).toMatchObject({ profiles: [] });
    expect(without.json['documents']).not.toHaveProperty('strictClient');
    expect((await call(at, { profiles: ['strict'] })).json).toMatchObject({ profiles: ['strict'] });
    const audit = await call('GET /api/v1/audit?action=agent.updated');
    expect(audit.json['data']).toHaveLength(2);
  });

  test('what servers make of its documents is told with the agent', async () => {
    await call('POST /api/v1/agents', { ...order, profiles: ['strict'] });
    const { json } = await call('GET /api/v1/agents/billing-bot');
    const keycloak = (outcome: string, rules: readonly string[]) => ({
      target: 'keycloak',
      outcome,
      findings: rules.map((id) => expect.objectContaining({ id, severity: 'error' })),
    });
    expect(json['lint']).toEqual({
      checkedAt: '2026-11-20T12:00:00.000Z',
      findings: [],
      targets: expect.arrayContaining([keycloak('refuses', ['keycloak.metadata.unknown-members'])]),
      strict: {
        findings: [],
        targets: expect.arrayContaining([keycloak('accepts', [])]),
      },
    });
    await enrol('other-bot');
    const other = await call('GET /api/v1/agents/other-bot');
    expect(other.json['lint']).not.toHaveProperty('strict');
  });

  test('states change with a reason; what the domain refuses is a problem', async () => {
    await enrol('billing-bot');
    const at = (verb: string) => call(`POST /api/v1/agents/billing-bot/${verb}`, { reason: 'x' });
    expect((await at('suspend')).json).toMatchObject({ state: 'suspended' });
    expect((await at('resume')).json).toMatchObject({ state: 'active' });
    expect((await at('retire')).json).toMatchObject({ state: 'retired' });
    const refused = await at('resume');
    expect(refused.status).toBe(409);
    expect(refused.json).toMatchObject({
      code: 'agent-wrong-state',
      detail: 'The agent is retired.',
    });
  });

  test('the versions of its documents come without their octets', async () => {
    await enrol('billing-bot');
    await world.issue('billing-bot');
    const answer = await call('GET /api/v1/agents/billing-bot/documents');
    const rows = answer.json['data'] as Record<string, unknown>[];
    const body = (await world.document('/a/billing-bot/client.json'))?.body ?? new Uint8Array(0);
    expect(rows[0]).toEqual({
      path: '/a/billing-bot/client.json',
      version: 2,
      state: 'live',
      mediaType: 'application/json',
      bytes: body.byteLength,
      sha256: createHash('sha256').update(body).digest('base64url'),
      publishedAt: '2026-11-20T12:00:00.002Z',
    });
    expect(rows.map(({ path, version }) => `${path} ${version}`)).toEqual([
      '/a/billing-bot/client.json 2',
      '/a/billing-bot/callback 1',
      '/a/billing-bot/client.json 1',
      '/a/billing-bot/credentials 1',
      '/a/billing-bot/did.json 1',
      '/a/billing-bot/jwks.json 1',
    ]);
    expect(answer.json['next']).toBeNull();
  });
});

describe('credentials', () => {
  const facet = { type: 'compliance', claims: asJson(certified), reason: 'CHG-1' };

  beforeEach(() => enrol('billing-bot'));

  test('issuing answers 201 with the compact JWS', async () => {
    const answer = await call('POST /api/v1/agents/billing-bot/credentials', facet);
    expect(answer.status).toBe(201);
    const { id, jwt } = answer.json;
    expect(answer.headers['location']).toBe(`/api/v1/credentials/${id}`);
    const { status, credentialSubject } = payloadOf(String(jwt));
    expect(status.status_list.uri).toBe('https://id.acme.com/token-status/1');
    expect(credentialSubject).toMatchObject(certified);
    expect(await world.text(`/a/billing-bot/credentials/${id}`)).toBe(jwt);
    expect(answer.json).toEqual({
      id: expect.stringMatching(/^crd_/),
      type: 'compliance',
      agent: 'billing-bot',
      state: 'active',
      visibility: 'public',
      reason: 'CHG-1',
      validFrom: '2026-11-20T12:00:00.000Z',
      validUntil: '2027-02-18T12:00:00.000Z',
      renewsAt: '2027-01-19T12:00:00.000Z',
      ...{ renewalOf: null, renewedBy: null },
      createdAt: '2026-11-20T12:00:00.001Z',
      revokedAt: null,
      status: { list: 1, index: status.status_list.idx },
      claims: certified,
      jwt: expect.stringMatching(compactJws),
      url: `https://id.acme.com/a/billing-bot/credentials/${id}`,
    });
  });

  test('one that is on request has no address', async () => {
    const order = { ...facet, visibility: 'on-request', validUntil: '2026-12-01T00:00:00+01:00' };
    const answer = await call('POST /api/v1/agents/billing-bot/credentials', order);
    expect(answer.json).not.toHaveProperty('url');
    expect(answer.json).toMatchObject({ validUntil: '2026-11-30T23:00:00.000Z' });
  });

  test.each<[string, object, string | null]>([
    ['is told when it is renewed', { validFor: 'P30D' }, '2026-12-10T12:00:00.000Z'],
    ['that is to run out is not', { renew: false }, null],
    ['whose end was named is not', { validUntil: '2026-12-20T12:00:00Z' }, null],
  ])('one %s', async (_, changes, renewsAt) => {
    const at = 'POST /api/v1/agents/billing-bot/credentials';
    const { json } = await call(at, { ...facet, ...changes });
    expect(json).toMatchObject({ renewsAt, renewalOf: null, renewedBy: null });
    const again = await call(`POST /api/v1/credentials/${json['id']}/renew`, { reason: 'x' });
    expect(again.json).toMatchObject({ renewalOf: json['id'] });
    const former = await call(`GET /api/v1/credentials/${json['id']}`);
    expect(former.json).toMatchObject({ renewsAt: null, renewedBy: again.json['id'] });
  });

  test('what ends with its agent is not renewed, and passports with their agents', async () => {
    const { json } = await call('POST /api/v1/agents/billing-bot/credentials', facet);
    const passports = 'GET /api/v1/credentials?agent=billing-bot&type=passport';
    const [passport] = (await call(passports)).json['data'] as readonly unknown[];
    expect(passport).toMatchObject({ renewsAt: '2026-11-25T04:00:00.000Z' });
    const changes = { expiresAt: '2027-02-01T00:00:00Z' };
    await call('PATCH /api/v1/agents/billing-bot', changes);
    const shown = await call(`GET /api/v1/credentials/${json['id']}`);
    expect(shown.json).toMatchObject({ renewsAt: null });
  });

  test('listings name the agent and leave the JWS out', async () => {
    await call('POST /api/v1/agents/billing-bot/credentials', facet);
    const answer = await call('GET /api/v1/credentials?agent=billing-bot&type=compliance');
    const [row, ...others] = answer.json['data'] as Record<string, unknown>[];
    expect(others).toEqual([]);
    expect(row).toMatchObject({ agent: 'billing-bot', type: 'compliance', state: 'active' });
    expect(row).not.toHaveProperty('jwt');
    const unknown = await call('GET /api/v1/credentials?agent=nobody');
    expect([unknown.status, unknown.json['code']]).toEqual([404, 'agent-not-found']);
  });

  test('a change answers with the state that the public lists show', async () => {
    const { id } = (await call('POST /api/v1/agents/billing-bot/credentials', facet)).json;
    const at = (verb: string) => call(`POST /api/v1/credentials/${id}/${verb}`, { reason: 'x' });
    const shown = () => world.credential(id as CredentialId).then(world.shown);
    // A list goes forward by a millisecond while the clock stands still, from the empty one on.
    const [first, second, third] = [2, 3, 4].map((ms) => `2026-11-20T12:00:00.00${ms}Z`);
    expect((await at('suspend')).json).toEqual({ id, state: 'suspended', publishedAt: first });
    expect(await shown()).toBe('suspended');
    expect((await at('resume')).json).toEqual({ id, state: 'active', publishedAt: second });
    expect(await shown()).toBe('valid');
    expect((await at('renew')).status).toBe(201);
    expect((await at('revoke')).json).toEqual({ id, state: 'revoked', publishedAt: third });
    expect(await shown()).toBe('revoked');
    expect((await at('revoke')).status).toBe(200);
    expect((await at('renew')).status).toBe(409);
    expect((await call(`GET /api/v1/credentials/${id}`)).json).toMatchObject({ state: 'revoked' });
  });

  test('access names who may, by which credential, by whom and why', async () => {
    const order = { type: 'allowed-actions', claims: asJson(readsLogs), reason: 'CHG-1' };
    const { id } = (await call('POST /api/v1/agents/billing-bot/credentials', order)).json;
    const answer = await call('GET /api/v1/access?action=read&resource=logs%2Fproduction');
    expect(answer.json['data']).toEqual([
      {
        agent: {
          id: expect.stringMatching(/^agt_/),
          handle: 'billing-bot',
          name: 'Billing Bot',
          did: 'did:web:id.acme.com:a:billing-bot',
          clientId: 'https://id.acme.com/a/billing-bot/client.json',
          state: 'active',
          stateNow: 'active',
        },
        credential: {
          id,
          type: 'allowed-actions',
          state: 'active',
          validFrom: '2026-11-20T12:00:00.000Z',
          validUntil: '2027-02-18T12:00:00.000Z',
        },
        issuer: 'did:web:id.acme.com',
        issuerKey: expect.stringMatching(/^did:web:id\.acme\.com#[\w-]{43}$/),
        issuedBy: { kind: 'token', id: expect.stringMatching(/^tok_/) },
        reason: 'CHG-1',
      },
    ]);
    const denied = await call('GET /api/v1/access?action=read&resource=logs%2Fpii');
    expect(denied.json).toEqual({ data: [], next: null });
  });
});

describe('the office', () => {
  test('a token is shown once, and opens what its scopes permit until it is revoked', async () => {
    const made = await call('POST /api/v1/tokens', { name: 'CI', scopes: ['agents:read'] });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({ name: 'CI', scopes: ['agents:read'], expiresAt: null });
    const text = String(made.json['token']);
    const own = { Authorization: `Bearer ${text}` };
    expect((await call('GET /api/v1/agents', undefined, { headers: own })).status).toBe(200);
    const listing = await call('GET /api/v1/tokens');
    expect(JSON.stringify(listing.json)).not.toContain(text);
    expect(JSON.stringify(listing.json)).not.toContain('hash');
    const gone = await call(`DELETE /api/v1/tokens/${made.json['id']}`);
    expect([gone.status, gone.text]).toEqual([204, '']);
    expect((await call('GET /api/v1/agents', undefined, { headers: own })).status).toBe(401);
  });

  test('the organization, the audit trail and its verification', async () => {
    expect((await call('GET /api/v1/organization')).json).toEqual({
      id: world.organization.id,
      name: 'Acme',
      did: 'did:web:id.acme.com',
      baseUrl: 'https://id.acme.com',
      contact: 'platform@acme.com',
      createdAt: '2026-11-20T12:00:00.000Z',
    });
    const page = await call('GET /api/v1/audit?limit=1&since=2026-11-20T00:00:00Z');
    const [first, second] = await world.deps.audit.readAfter(0, 2);
    expect(page.json['data']).toEqual([
      {
        sequence: 1,
        event: {
          sequence: 1,
          id: expect.stringMatching(/^evt_/),
          at: '2026-11-20T12:00:00.000Z',
          organizationId: world.organization.id,
          actor: { kind: 'system', id: 'service' },
          action: 'organization.created',
          subject: world.organization.id,
          reason: null,
          details: {
            did: 'did:web:id.acme.com',
            baseUrl: 'https://id.acme.com',
            key: expect.stringMatching(/^[\w-]{43}$/),
            eventKey: expect.stringMatching(/^[\w-]{43}$/),
          },
        },
        previousHash: '0'.repeat(64),
        hash: first?.hash,
      },
    ]);
    const next = await call(`GET /api/v1/audit?limit=1&cursor=${page.json['next']}`);
    expect(next.json['data']).toMatchObject([
      { sequence: 2, event: { action: 'token.created' }, previousHash: first?.hash },
    ]);
    expect(next.json['next']).toBeNull();
    expect((await call('GET /api/v1/audit/verify')).json).toEqual({
      intact: true,
      records: 2,
      headHash: second?.hash,
      rootHash: expect.stringMatching(/^[\w+/]{43}=$/),
      brokenAt: null,
      detail: null,
    });
  });

  test('health takes no token and tells no more than names', async () => {
    const headers = { Authorization: '' };
    const healthz = await call('GET /healthz', undefined, { headers });
    expect([healthz.status, healthz.json]).toEqual([200, { status: 'ok' }]);
    expect(healthz.headers['content-type']).toBe('application/json');
    ready = false;
    const readyz = await call('GET /readyz', undefined, { headers });
    expect(readyz.status).toBe(503);
    expect(readyz.json).toEqual({
      status: 'unavailable',
      checks: [{ name: 'database', ok: false }],
    });
    expect(readyz.headers['content-type']).toBe('application/json');
    ready = true;
    const again = await call('GET /readyz', undefined, { headers });
    expect([again.status, again.json]).toEqual([
      200,
      { status: 'ok', checks: [{ name: 'database', ok: true }] },
    ]);
  });
});

describe('verify', () => {
  const clientId = 'https://id.acme.com/a/billing-bot/client.json';

  test('a client_id gets a report', async () => {
    verifier.verdict = { permitted: ['read:logs'] };
    const answer = await call('POST /api/v1/verify', { client_id: clientId, scope: 'read:logs' });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ outcome: 'accepted', input: { value: clientId } });
    expect(verifier.asked).toEqual([{ scope: 'read:logs' }]);
  });

  test('authorization details are asked about too, each with a type', async () => {
    const authorizationDetails = [{ type: 'account', actions: ['read'] }];
    const asked = { client_id: clientId, authorizationDetails };
    expect((await call('POST /api/v1/verify', asked)).status).toBe(200);
    expect(verifier.asked.at(-1)).toEqual({ authorizationDetails });
    const refused = await call('POST /api/v1/verify', { ...asked, authorizationDetails: [{}] });
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({
      errors: [{ pointer: '/authorizationDetails/0' }],
    });
  });

  test('a JWT gets one too', async () => {
    const { report } = await verifier.verifyClient(clientId);
    verifier.verifyCredential = async (jwt) => ({
      ...(await verifier.verifyClient(clientId)),
      report: { ...report, input: { kind: 'jwt', value: jwt } },
    });
    const answer = await call('POST /api/v1/verify', { jwt: 'a.b.c' });
    expect(answer.json).toMatchObject({ input: { kind: 'jwt', value: 'a.b.c' } });
  });

  test.each([
    ['its own papers', 'did:web:id.acme.com:a:billing-bot', 200],
    ["another's papers", 'did:web:id.acme.com:a:other-bot', 400],
  ])('a DID is judged by the client_id beside its document: %s', async (_, subject, status) => {
    const { verifyClient } = verifier;
    verifier.verifyClient = async (...question) => {
      const verdict = await verifyClient(...question);
      const did = { ...verdict.report.subject, did: subject };
      return { ...verdict, report: { ...verdict.report, subject: did } };
    };
    const did = 'did:web:id.acme.com:a:billing-bot';
    const answer = await call('POST /api/v1/verify', { did });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject(
      status === 200 ? { input: { value: clientId } } : { errors: [{ pointer: '/did' }] },
    );
  });

  test.each([
    ['nothing', {}],
    ['two things', { client_id: clientId, jwt: 'a.b.c' }],
    ['an organization', { did: 'did:web:id.acme.com' }],
    ['another DID method', { did: 'did:key:z6Mk' }],
    ['a policy, for now', { client_id: clientId, policy: {} }],
  ])('%s is refused before anything is fetched', async (_, body) => {
    const answer = await call('POST /api/v1/verify', body);
    expect([answer.status, answer.json['code']]).toEqual([400, 'invalid-input']);
    expect(verifier.asked).toEqual([]);
  });
});

describe('who may', () => {
  test.each([
    ['no header', {}],
    ['another scheme', { Authorization: 'Basic c3d0Xzpw' }],
    ['an unknown token', { Authorization: `Bearer swt_${'A'.repeat(43)}` }],
    ['no token', { Authorization: 'Bearer ' }],
    ['two tokens', { Authorization: 'Bearer a, Bearer b' }],
  ])('%s is answered 401, in the same words', async (_, headers) => {
    const answer = await rawRequest(listeners.publicUrl, '/api/v1/agents', { headers });
    const body: unknown = JSON.parse(answer.body.toString());
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="sealwright"');
    expect(body).toEqual({
      type: 'https://id.acme.com/problems/unauthenticated',
      title: 'No usable token',
      status: 401,
      code: 'unauthenticated',
      instance: expect.stringMatching(uuid),
      fix: expect.stringContaining('Authorization: Bearer'),
    });
    expect(world.called).toEqual([]);
  });

  test('every route but one needs a scope, and refuses a token without it', async () => {
    const open: string[] = [];
    for (const { method, path, scope } of apiRoutes) {
      if (scope === null) {
        open.push(`${method} ${path}`);
        continue;
      }
      const others = (await world.grant(allBut(scope))).text;
      const target = `/api/v1${path.replace(':target', 'x')}`;
      const answer = await rawRequest(listeners.publicUrl, target, {
        method,
        headers: { Authorization: `Bearer ${others}`, 'Content-Type': 'application/json' },
        ...(method === 'POST' || method === 'PATCH' ? { body: '{}' } : {}),
      });
      expect([target, answer.status]).toEqual([target, 403]);
      expect(answer.headers['www-authenticate']).toBe(
        `Bearer realm="sealwright", error="insufficient_scope", scope="${scope}"`,
      );
    }
    expect(open).toEqual(['GET /organization']);
    expect(new Set(world.called)).toEqual(new Set(['noteDenied']));
  });

  test("another organization's token finds nothing of ours", async () => {
    await enrol('billing-bot');
    const { text } = await world.grant(tokenScopes, await world.openOther());
    const headers = { Authorization: `Bearer ${text}` };
    const read = await call('GET /api/v1/agents/billing-bot', undefined, { headers });
    expect([read.status, read.json['code']]).toEqual([404, 'agent-not-found']);
    const listing = await call('GET /api/v1/agents', undefined, { headers });
    expect(listing.json).toEqual({ data: [], next: null });
  });
});

describe('bad input changes nothing', () => {
  test.each([
    ['an unknown member', { ...order, orgId: 'org_other' }, '/orgId'],
    ['a member of ours', { ...order, state: 'active' }, '/state'],
    ['an unknown profile', { ...order, profiles: ['loose'] }, '/profiles/0'],
    ['a missing member', { ...order, owners: undefined }, '/owners'],
    ['an unknown kind', { ...order, kind: 'robot' }, '/kind'],
    ['a number for a text', { ...order, name: 7 }, '/name'],
    ['null for a text', { ...order, team: null }, '/team'],
    ['an odd moment', { ...order, expiresAt: '2026-11-20' }, '/expiresAt'],
    ['a moment in the year 0', { ...order, expiresAt: '0000-12-31T00:00:00Z' }, '/expiresAt'],
    ['one in the year 10000', { ...order, expiresAt: '9999-12-31T23:00:00-02:00' }, '/expiresAt'],
    ['a text with U+0000', { ...order, owners: ['a\0@acme.com'] }, '/owners/0'],
    ['a member with a slash', { ...order, 'a/b~c': 1 }, '/a~1b~0c'],
    ['no key at all', { ...order, jwk: undefined }, ''],
    ['two kinds of key', { ...order, keyCustody: 'issued' }, ''],
  ])('%s', async (_, body, pointer) => {
    const answer = await call('POST /api/v1/agents', body);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json).toMatchObject({ code: 'invalid-input', title: expect.any(String) });
    const errors = answer.json['errors'] as { pointer: string; detail: string }[];
    expect(errors.map((error) => error.pointer)).toEqual([pointer]);
    expect(world.called).toEqual([]);
  });

  test('all faults come in one answer', async () => {
    const answer = await call('POST /api/v1/agents', { ...order, kind: 1, owners: 'a', extra: 1 });
    const errors = answer.json['errors'] as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).toSorted()).toEqual(['/extra', '/kind', '/owners']);
  });

  test.each(['suspend', 'resume', 'retire'])('%s without a reason', async (verb) => {
    const answer = await call(`POST /api/v1/agents/billing-bot/${verb}`, {});
    expect(answer.json).toMatchObject({ code: 'invalid-input', errors: [{ pointer: '/reason' }] });
    expect(world.called).toEqual([]);
  });

  test.each([
    ['two roots', '{} {}', 'body-malformed', 400],
    ['repeated members', '{"handle":"a","handle":"b"}', 'body-malformed', 400],
    ['escaped repetition', '{"handle":"a","h\\u0061ndle":"b"}', 'body-malformed', 400],
    ['__proto__', '{"__proto__":{}}', 'body-malformed', 400],
    ['an array', '[]', 'body-malformed', 400],
    ['nothing', '', 'body-malformed', 400],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'body-malformed', 400],
    ['a byte order mark', '\ufeff{}', 'body-malformed', 400],
    ['deep nesting', `${'['.repeat(1000)}${']'.repeat(1000)}`, 'body-malformed', 400],
    ['257 kB', `{"handle":"${'a'.repeat(257 * 1024)}"}`, 'body-too-large', 413],
  ])('a body of %s', async (_, body, code, status) => {
    const answer = await call('POST /api/v1/agents', undefined, { body });
    expect([answer.status, answer.json['code']]).toEqual([status, code]);
    expect(answer.json['instance']).toMatch(uuid);
    expect(world.called).toEqual([]);
  });

  test.each([
    ['text/plain', {}],
    ['application/x-www-form-urlencoded', {}],
    ['application/json; charset=utf-16', {}],
    ['application/jsonp', {}],
    ['application/json', { 'Content-Encoding': 'gzip' }],
  ])('the media type %s', async (type, extra) => {
    const headers = { 'Content-Type': type, ...extra };
    const answer = await call('POST /api/v1/agents', order, { headers });
    expect([answer.status, answer.json['code']]).toEqual([415, 'media-type-unsupported']);
    expect(world.called).toEqual([]);
  });

  test.each([
    '/api/v1/agents?orgId=org_other',
    '/api/v1/agents?access_token=swt_canary',
    '/api/v1/agents?limit=0',
    '/api/v1/agents?limit=201',
    '/api/v1/agents?limit=1e2',
    '/api/v1/agents?limit=1&limit=2',
    '/api/v1/agents?cursor=%00',
    '/api/v1/agents?state=dead',
    '/api/v1/agents?q=%00',
    '/api/v1/agents/billing-bot?expand=all',
    '/api/v1/access?action=read',
    '/api/v1/credentials?expiresBefore=tomorrow',
    '/api/v1/credentials?expiresBefore=0000-01-01T00:00:00Z',
    '/api/v1/audit?since=0001-01-01T00:00:00%2B01:00',
    '/api/v1/access?action=read&resource=logs&at=0000-01-01T00:00:00Z',
  ])('%s', async (target) => {
    const answer = await call(`GET ${target}`);
    expect([answer.status, answer.json['code']]).toEqual([400, 'invalid-input']);
    expect(world.called).toEqual([]);
    expect(JSON.stringify([answer.json, logged])).not.toContain('canary');
  });

  test('a query on a call with a body', async () => {
    const answer = await call('POST /api/v1/agents?access_token=x', order);
    expect([answer.status, answer.json['code']]).toEqual([400, 'invalid-input']);
    expect(world.called).toEqual([]);
  });

  test.each([
    ['GET /api/v1/agents/%00', 404, 'route-not-found'],
    ['GET /api/v1/agents/%zz', 404, 'route-not-found'],
    ['GET /api/v1/Agents', 404, 'route-not-found'],
    ['GET /api/v1/agents/', 404, 'route-not-found'],
    ['GET /api/v1/nothing', 404, 'route-not-found'],
    ['GET /api/v1/agents/a/locks', 404, 'route-not-found'],
    ['GET /', 404, 'route-not-found'],
    ['PUT /api/v1/agents/a', 405, 'method-not-allowed'],
    ['DELETE /api/v1/agents/a', 405, 'method-not-allowed'],
    ['TRACE /api/v1/agents', 405, 'method-not-allowed'],
  ])('%s', async (line, status, code) => {
    const answer = await call(line, undefined, { body: '' });
    expect([answer.status, answer.json['code']]).toEqual([status, code]);
    expect(world.called).toEqual([]);
  });

  test('a refused method names those that are answered', async () => {
    const answer = await call('PUT /api/v1/agents/a', {});
    expect(answer.headers['allow']).toBe('GET, PATCH');
  });
});

describe('what goes wrong on our side', () => {
  test('is named by its request alone; the log has the rest, without what a peer sent', async () => {
    const cause = Object.assign(new Error('refused'), {
      body: 'canary-body',
      token: 'canary-token',
    });
    world.failNext(new Error('the pool is empty', { cause }));
    const answer = await call('GET /api/v1/agents');
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual({
      type: 'https://id.acme.com/problems/internal-error',
      title: 'Something went wrong on our side',
      status: 500,
      code: 'internal-error',
      instance: expect.stringMatching(uuid),
      fix: expect.any(String),
    });
    const requestId = String(answer.json['instance']).slice('urn:uuid:'.length);
    expect(answer.headers['x-request-id']).toBe(requestId);
    const failed = logged.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'failed');
    expect(failed).toMatchObject({
      level: 'error',
      requestId,
      err: { message: 'the pool is empty', cause: { message: 'refused' } },
    });
    expect(logged.join('')).not.toContain('canary');
  });

  test('a database that is away is 503', async () => {
    world.failNext(new SealwrightError('storage-unavailable', 'The database is away.'));
    const answer = await call('GET /api/v1/agents');
    expect([answer.status, answer.json['code']]).toEqual([503, 'storage-unavailable']);
  });
});

describe('the log', () => {
  test('has one line per call: route, status, request and token by id; nothing of the message', async () => {
    const reason = 'canary-reason';
    await enrol('canary-handle');
    await call('POST /api/v1/agents/canary-handle/suspend', { reason });
    await expect.poll(() => logged.length).toBe(1);
    const line = JSON.parse(logged[0] ?? '');
    expect(line).toMatchObject({
      level: 'info',
      method: 'POST',
      route: '/agents/:target/suspend',
      status: 200,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      tokenId: token.token.id,
    });
    expect(logged[0]).not.toContain('canary');
    expect(logged[0]).not.toContain(token.text);
  });
});

async function enrol(handle: string): Promise<void> {
  await world.enrol(handle, { owners: ['a@acme.com'] });
}

interface CallAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** One call with the token of all scopes; `line` is the method and the target. */
async function call(line: string, body?: unknown, options: RawRequest = {}): Promise<CallAnswer> {
  const [method = 'GET', target = '/'] = line.split(' ');
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await rawRequest(listeners.publicUrl, target, {
    ...json,
    ...options,
    method,
    headers: {
      Authorization: `Bearer ${token.text}`,
      ...(method === 'GET' ? {} : { 'Content-Type': 'application/json' }),
      ...options.headers,
    },
  });
  const text = answer.body.toString();
  const isJson = String(answer.headers['content-type']).includes('json');
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: isJson ? JSON.parse(text) : {},
  };
}

function handles(json: Record<string, unknown>): string[] {
  return (json['data'] as { handle: string }[]).map(({ handle }) => handle);
}

function allBut(scope: TokenScope): TokenScope[] {
  const all: TokenScope[] = [
    'agents:read',
    'agents:write',
    'credentials:issue',
    'credentials:revoke',
    'keys:write',
    'audit:read',
    'org:admin',
    'verify',
  ];
  return all.filter((candidate) => candidate !== scope);
}
