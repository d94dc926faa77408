import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiRoutes, openRoutes } from '../../src/http/app.ts';
import { asJson, certified, readsLogs } from '../credentials/made-claims.ts';
import { type ClockedRegistry, startClockedRegistry } from '../support/clocked-registry.ts';
import { enrolmentRequest, newEnrolmentKey } from '../support/enrolment-key.ts';
import { type OutsideIssuer, startOutsideIssuer } from '../support/outside-issuer.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';
import { startWorkloadIssuer, type WorkloadIssuer } from '../support/workload-issuer.ts';
import { type CheckedAnswer, DescribedApi } from './described-api.ts';

let service: RunningService;
let clocked: ClockedRegistry;
let assessor: OutsideIssuer;
let workloads: WorkloadIssuer;
let api: DescribedApi;

beforeAll(async () => {
  [service, clocked, assessor, workloads] = await Promise.all([
    startRunningService(),
    startClockedRegistry(),
    startOutsideIssuer(),
    startWorkloadIssuer(),
  ]);
  api = new DescribedApi(await (await fetch(`${service.url}/api/v1/openapi.json`)).json());
});

afterAll(async () => {
  for (const one of [service, clocked, assessor, workloads]) await one[Symbol.asyncDispose]();
});

/** What a call asks, beside its name. */
interface Asked {
  readonly at?: readonly string[];
  readonly query?: string;
  readonly body?: object;
  readonly place?: { readonly url: string; readonly token: string };
}

/** Sends a call by its name in the document, and holds request and answer against the document. */
async function send(name: string, asked: Asked = {}): Promise<Record<string, unknown>> {
  const { place = service, body } = asked;
  if (body !== undefined) expect([name, api.faultsOfInput(name, body)]).toEqual([name, []]);
  const answer = await request(name, asked);
  expect([name, answer.status < 300 ? 'done' : answer.body]).toEqual([name, 'done']);
  expect([name, api.faultsOfAnswer(name, answer)]).toEqual([name, []]);
  if (place === service) expect([name, api.missingHeaders(name, answer)]).toEqual([name, []]);
  return (answer.body ?? {}) as Record<string, unknown>;
}

async function request(name: string, asked: Asked): Promise<CheckedAnswer> {
  const { at = [], query = '', body, place = service } = asked;
  const [method = '', pattern = ''] = name.split(' ');
  const parts = [...at];
  const path = pattern.replace(/\{\w+\}/g, () => encodeURIComponent(parts.shift() ?? ''));
  const response = await fetch(`${place.url}/api/v1${path}${query}`, {
    method,
    headers: { authorization: `Bearer ${place.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const { status, headers } = response;
  const isJson = headers.get('content-type')?.includes('json') && !text.includes('}\n{');
  return { status, headers, body: isJson && text !== '' ? JSON.parse(text) : text || undefined };
}

const reason = 'CHG-4711';
const owners = ['lead@acme.com', 'second@acme.com'];

function onboard(handle: string, changes: object = {}) {
  const body = { handle, kind: 'agent', name: 'Bot', owners, keyCustody: 'registry', ...changes };
  return send('POST /agents', { body });
}

function issue(handle: string, changes: object = {}) {
  const body = { type: 'allowed-actions', claims: asJson(readsLogs), reason, ...changes };
  return send('POST /agents/{handle}/credentials', { at: [handle], body });
}

describe('the document', () => {
  test('is OpenAPI 3.1, is open to everybody, and is sent again only when it changed', async () => {
    const at = `${service.url}/api/v1/openapi.json`;
    const first = await fetch(at);
    expect(first.headers.get('content-type')).toBe('application/json');
    expect(api.document).toMatchObject({ openapi: '3.1.0', servers: [{ url: '/api/v1' }] });
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    const again = await fetch(at, { headers: { 'If-None-Match': tag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const other = await fetch(at, { method: 'POST' });
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('has every route of the table, each with an id of its own', () => {
    const known = [...apiRoutes, ...openRoutes].map(({ method, path }) => {
      return `${method} ${path.replace(/:\w+/g, '{}')}`;
    });
    const operations = api.operations();
    const described = operations.map(({ name }) => name.replace(/\{\w+\}/g, '{}'));
    expect(described.toSorted()).toEqual([...known, 'POST /token-exchange'].toSorted());
    const ids = operations.map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(operations.length);
  });

  test('points to nothing that is not there', () => {
    const text = JSON.stringify(api.document);
    const pointers = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, pointer = '']) => pointer);
    expect(pointers.length).toBeGreaterThan(300);
    for (const pointer of new Set(pointers)) {
      const found = pointer
        .split('/')
        .slice(1)
        .reduce<unknown>((value, name) => (value as Record<string, unknown>)?.[name], api.document);
      expect([pointer, typeof found]).toEqual([pointer, 'object']);
    }
  });

  test('names every part of every path, and has no keyword that is none', () => {
    for (const { name, path, operation } of api.operations()) {
      const named = (operation['parameters'] ?? []) as { in?: string; name?: string }[];
      const parts = named.filter((parameter) => parameter.in === 'path').map((one) => one.name);
      const variable = [...path.matchAll(/\{(\w+)\}/g)].map(([, part]) => part);
      expect([name, parts]).toEqual([name, variable]);
      const known = new Set(
        'operationId summary tags parameters requestBody responses security x-required-scope x-narrow-tokens x-platform-tokens'.split(
          ' ',
        ),
      );
      expect(Object.keys(operation).filter((member) => !known.has(member))).toEqual([]);
    }
    expect(api.compileAll()).toBeGreaterThan(200);
  });

  test('says scopes, keys and conditions', () => {
    expect(api.document).toMatchObject({
      paths: {
        '/agents/{handle}': {
          patch: {
            security: [{ bearer: ['agents:write'] }],
            'x-required-scope': 'agents:write',
            'x-narrow-tokens': true,
            parameters: [
              { name: 'handle', in: 'path' },
              { $ref: '#/components/parameters/IdempotencyKey' },
              { $ref: '#/components/parameters/IfMatch' },
            ],
            responses: { '404': {}, '409': {}, '412': {}, '429': {} },
          },
        },
        '/enrol': { post: { security: [] } },
        '/access': { get: { parameters: expect.arrayContaining([inQuery('action', true)]) } },
      },
    });
  });

  test('refuses what the API refuses: a body without key, with two, with one too many', () => {
    const rest = { handle: 'bot', kind: 'agent', name: 'Bot', owners };
    const faults = (body: object) => api.faultsOfInput('POST /agents', { ...rest, ...body }).length;
    expect(faults({ keyCustody: 'issued' })).toBe(0);
    expect(faults({})).toBeGreaterThan(0);
    expect(faults({ keyCustody: 'issued', jwk: {} })).toBeGreaterThan(0);
    expect(faults({ keyCustody: 'issued', scope: 'all' })).toBeGreaterThan(0);
    const apply = (body: object) =>
      api.faultsOfInput('POST /apply', { agents: [], ...body }).length;
    expect(apply({ prune: true, reason })).toBe(0);
    expect(apply({ reason })).toBeGreaterThan(0);
    expect(apply({ prune: true })).toBeGreaterThan(0);
    expect(api.faultsOfInput('POST /verify', {})).not.toEqual([]);
  });

  test('is shown to people, on a page that runs nothing', async () => {
    const page = await fetch(`${service.url}/api/docs`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; /,
    );
    const html = await page.text();
    for (const { operation, path } of api.operations()) {
      expect(html).toContain(`id="${String(operation['operationId'])}"`);
      expect(html).toContain(path);
    }
    expect(html).not.toMatch(/<script|<link|<img|style="/);
    expect(html).toContain('Takes a token with the scope agents:write');
    expect(html).toContain('Takes a platform token with the scope org:admin');
  });
});

describe('what the API answers is what the document says', () => {
  test('about agents', async () => {
    await onboard('billing-bot', { profiles: ['strict'], team: 'payments', tags: ['prod'] });
    await onboard('issued-bot', { keyCustody: 'issued', expiresAt: '2027-01-01T00:00:00Z' });
    await send('GET /agents', { query: '?limit=1&state=active' });
    await send('GET /agents/{handle}', { at: ['billing-bot'] });
    const body = { description: 'Pays', version: null };
    await send('PATCH /agents/{handle}', { at: ['billing-bot'], body });
    await send('GET /agents/{handle}/documents', { at: ['billing-bot'] });
    for (const verb of ['suspend', 'resume', 'retire']) {
      await send(`POST /agents/{handle}/${verb}`, { at: ['issued-bot'], body: { reason } });
    }
  });

  test('about the keys of agents', async () => {
    await onboard('key-bot');
    const asked = { at: ['key-bot'] };
    await send('POST /agents/{handle}/assertions', {
      ...asked,
      body: { audience: 'https://as.acme.com' },
    });
    const { keys } = await send('GET /agents/{handle}/keys', asked);
    const [{ kid }] = keys as [{ kid: string }];
    await send('POST /agents/{handle}/keys/{kid}/compromise', {
      at: ['key-bot', kid],
      body: { reason },
    });
    await onboard('turning-bot');
    const overlap = { at: ['turning-bot'], body: { overlap: 'PT10M' } };
    await send('POST /agents/{handle}/keys', overlap);
    await send('GET /agents/{handle}/keys', { at: ['turning-bot'] });
  });

  test('about a key that is retired early', async () => {
    const place = clocked;
    const body = { handle: 'bot', kind: 'agent', name: 'Bot', owners, keyCustody: 'registry' };
    await send('POST /agents', { body, place });
    const asked = { at: ['bot'], place };
    const { rotation } = await send('POST /agents/{handle}/keys', { ...asked, body: {} });
    const { former } = rotation as { former: string };
    for (const seconds of [365, 660]) {
      clocked.clock.moveBy(seconds * 1_000);
      await clocked.keep();
    }
    await send('POST /agents/{handle}/keys/{kid}/retire', {
      at: ['bot', former],
      body: { reason },
      place,
    });
  });

  test('about credentials', async () => {
    await onboard('paper-bot');
    const { id } = await issue('paper-bot');
    await issue('paper-bot', { type: 'compliance', claims: asJson(certified), validFor: 'P30D' });
    await send('GET /credentials', { query: '?agent=paper-bot&type=passport' });
    await send('GET /credentials');
    const { id: renewed } = await send('POST /credentials/{id}/renew', {
      at: [String(id)],
      body: { reason },
    });
    await send('GET /credentials/{id}', { at: [String(id)] });
    await send('GET /access', { query: '?action=read&resource=logs/production' });
    for (const verb of ['suspend', 'resume', 'revoke']) {
      const asked = { at: [String(renewed)], body: { reason } };
      await send(`POST /credentials/{id}/${verb}`, asked);
    }
    const body = { filter: { agent: 'paper-bot' }, reason };
    await send('POST /revocations', { body: { ...body, preview: true } });
    await send('POST /suspensions', { body });
  });

  test('about what is verified', async () => {
    const { clientId } = await onboard('seen-bot');
    await issue('seen-bot');
    const scope = 'read:logs/production read:logs/pii';
    const body = { client_id: clientId, scope, authorizationDetails: [{ type: 'payment' }] };
    await send('POST /verify', { body });
    await send('POST /verify', { body: { jwt: 'not.a.jwt' } });
  });

  test('about the organization, its tokens and its audit trail', async () => {
    await send('GET /organization');
    const founded = { name: 'Labs', contact: 'labs@acme.com', path: 'labs' };
    await send('POST /organizations', { body: founded });
    await send('GET /organizations');
    await send('PATCH /organization', { body: { name: 'Acme Ltd', contact: 'it@acme.com' } });
    const body = { name: 'reader', scopes: ['agents:read'], team: 'payments' };
    const { id } = await send('POST /tokens', { body });
    await send('GET /tokens');
    await send('DELETE /tokens/{id}', { at: [String(id)] });
    await send('GET /audit', { query: '?limit=5' });
    await send('GET /audit/verify');
    await send('GET /audit/consistency', { query: '?from=0&to=0' });
    await send('GET /audit/export');
  });

  test('about receipts', async () => {
    await onboard('proved-bot');
    const { id } = await issue('proved-bot');
    await send('GET /credentials/{id}/receipts', { at: [String(id)] });
    const { data } = await send('GET /audit', { query: `?subject=${id}` });
    const [record] = data as [{ event: { id: string } }];
    await send('GET /audit/receipts/{id}', { at: [record.event.id] });
  });

  test('about the keys of the organization', async () => {
    const name = 'POST /organization/keys';
    await send('GET /organization/keys');
    const made = await send(name, { body: { action: 'prepare' } });
    await send(name, { body: { action: 'retire', key: made['id'] } });
    const { data } = await send('GET /organization/keys');
    const active = (data as { id: string; state: string }[]).find((key) => key.state === 'active');
    await send(name, { body: { action: 'compromise', key: active?.id, reason } });
  });

  test('about workloads', async () => {
    const rule = {
      name: 'main',
      issuer: workloads.url,
      claims: { repository: 'acme/bot' },
      grants: { scopes: ['agents:read'] },
    };
    const { id } = await send('POST /workload-rules', { body: rule });
    const claims = { sub: 'main', aud: service.url, repository: 'acme/bot' };
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: await workloads.sign(claims),
    };
    expect(api.faultsOfInput('POST /token-exchange', form)).toEqual([]);
    for (const [status, changes] of [
      [200, {}],
      [400, { subject_token: 'other' }],
    ] as const) {
      const response = await fetch(`${service.url}/api/v1/token-exchange`, {
        method: 'POST',
        body: new URLSearchParams({ ...form, ...changes }),
      });
      expect(response.status).toBe(status);
      const answer = { status, headers: response.headers, body: await response.json() };
      expect(api.faultsOfAnswer('POST /token-exchange', answer)).toEqual([]);
    }
    await send('GET /workload-rules');
    await send('DELETE /workload-rules/{id}', { at: [String(id)] });
  });

  test('about enrolments', async () => {
    const invite = async (handle: string, approval: boolean) => {
      const body = { handle, kind: 'agent', name: 'Bot', owners, approval };
      const { id, token } = await send('POST /enrolments', { body });
      return { id: String(id), token: String(token) };
    };
    const come = ({ token }: { token: string }) => {
      const order = { token, key: newEnrolmentKey(), audience: service.url, at: new Date() };
      return send('POST /enrol', { body: enrolmentRequest(order) });
    };
    await come(await invite('welcome-bot', false));
    const waiting = [await invite('waiting-bot', true), await invite('other-bot', true)] as const;
    for (const one of waiting) await come(one);
    await send('GET /enrolments', { query: '?state=awaiting-approval' });
    await send('POST /enrolments/{id}/approve', { at: [waiting[0].id], body: {} });
    await send('GET /enrolments/{id}', { at: [waiting[0].id] });
    await send('POST /enrolments/{id}/reject', { at: [waiting[1].id], body: { reason } });
    await send('DELETE /enrolments/{id}', { at: [(await invite('never-bot', false)).id] });
  });

  test('about credential types', async () => {
    const schema = { type: 'object', properties: { level: { type: 'string' } } };
    await send('POST /schemas', { body: { name: 'clearance', schema, description: 'Cleared' } });
    await send('POST /schemas', { body: { name: 'clearance', schema } });
    await send('GET /schemas');
    await send('GET /schemas/{name}', { at: ['clearance'] });
  });

  test('about templates', async () => {
    const facet = { type: 'allowed-actions', claims: asJson(readsLogs), reason, validFor: 'P30D' };
    const defaults = { owners, team: 'payments', tags: ['prod'], keyCustody: 'registry' };
    const body = { name: 'worker', kind: 'agent', defaults, credentials: [facet] };
    await send('POST /templates', { body });
    await send('GET /templates');
    await send('GET /templates/{name}', { at: ['worker'] });
    await send('POST /agents', { body: { handle: 'templated', name: 'Bot', template: 'worker' } });
    await send('PATCH /templates/{name}', { at: ['worker'], body: { approval: true } });
    await send('DELETE /templates/{name}', { at: ['worker'] });
  });

  test('about many agents at once', async () => {
    const facet = { type: 'allowed-actions', claims: asJson(readsLogs), reason };
    const agents = [
      { handle: 'first-bot', kind: 'agent', name: 'First', keyCustody: 'issued' },
      { handle: 'second-bot', kind: 'agent', name: 'Second', credentials: [facet] },
      { handle: 'third-bot', kind: 'agent', name: 'Third', keyCustody: 'enrolment' },
      { handle: 'No Handle', kind: 'agent', name: 'None' },
    ];
    const body = { defaults: { owners, keyCustody: 'registry' }, agents };
    await send('POST /apply', { body: { ...body, preview: true } });
    await send('POST /apply', { body });
    const [, second] = agents;
    const pruned = { ...body, agents: [{ ...second, name: 'New', credentials: [] }] };
    await send('POST /apply', { body: { ...pruned, prune: true, reason } });
    await send('POST /apply', { body: { ...body, preview: true } });
    await send('GET /export');
  });

  test('about the estate', async () => {
    const owner = 'gone@acme.com';
    await onboard('orphan-bot', { owners: [owner] });
    await send('POST /owners/departed', { body: { owner, reason } });
    await send('GET /owners/departed');
    await send('GET /orphans', { query: '?kind=orphan' });
    await send('DELETE /owners/departed/{owner}', { at: [owner] });
    const require = { attestation: { standard: 'ISO/IEC 27001:2022' }, owners: 2 };
    const rule = { name: 'certified', when: { kind: 'agent' }, require };
    const { id } = await send('POST /rules', { body: rule });
    await send('GET /rules');
    await send('GET /findings', { query: '?state=open' });
    await send('PATCH /rules/{id}', { at: [String(id)], body: { name: 'certified twice' } });
    await send('DELETE /rules/{id}', { at: [String(id)] });
  });

  test('about what others say', async () => {
    const { clientId, did } = await onboard('assessed-bot');
    const body = { issuer: assessor.did, credentialTypes: ['AgentComplianceCredential'] };
    await send('POST /trusted-issuers', { body });
    await send('GET /trusted-issuers');
    const jwt = await assessor.issue({ clientId: String(clientId), did: String(did) });
    const at = ['assessed-bot'];
    const { id } = await send('POST /agents/{handle}/credentials/import', { at, body: { jwt } });
    await send('GET /agents/{handle}/imports', { at });
    await send('GET /imports/{id}', { at: [String(id)] });
    await send('DELETE /imports/{id}', { at: [String(id)] });
    await send('DELETE /trusted-issuers/{did}', { at: [assessor.did] });
  });

  test('about webhooks', async () => {
    const url = 'http://localhost:9/hook';
    const { id } = await send('POST /webhooks', { body: { url, events: ['agent.suspended'] } });
    const at = [String(id)];
    await send('GET /webhooks');
    await send('GET /webhooks/{id}', { at });
    await send('PATCH /webhooks/{id}', { at, body: { description: 'chat' } });
    const { id: sent } = await send('POST /webhooks/{id}/test', { at, body: {} });
    await send('GET /webhooks/{id}/deliveries', { at });
    const ended = `UPDATE event_deliveries SET state = 'failed', ended_at = now()`;
    const client = new pg.Client({ connectionString: service.connectionString });
    await client.connect();
    await expect
      .poll(
        async () =>
          (await client.query('SELECT FROM event_deliveries WHERE attempts > 0')).rowCount,
      )
      .toBe(1);
    await client.query(ended);
    await client.end();
    await send('POST /webhooks/{id}/deliveries/{message}/redeliver', {
      at: [...at, String(sent)],
      body: {},
    });
    await send('POST /webhooks/{id}/rotate-secret', { at, body: {} });
    await send('DELETE /webhooks/{id}', { at });
  });

  test('about streams of security events', async () => {
    const { stream_id } = await send('POST /ssf/streams', { body: { description: 'the AS' } });
    const query = `?stream_id=${stream_id}`;
    await send('GET /ssf/streams');
    await send('GET /ssf/streams', { query });
    const events_requested = [
      'https://schemas.openid.net/secevent/caep/event-type/session-revoked',
    ];
    await send('PATCH /ssf/streams', { body: { stream_id, events_requested } });
    await send('PUT /ssf/streams', { body: { stream_id } });
    await send('GET /ssf/status', { query });
    await send('POST /ssf/verification', { body: { stream_id, state: 'abc' } });
    const body = { maxEvents: 5, returnImmediately: true };
    await send('POST /ssf/poll/{id}', { at: [String(stream_id)], body });
    await send('POST /ssf/status', { body: { stream_id, status: 'paused', reason } });
    await send('DELETE /ssf/streams', { query });
    await send('POST /organization/event-keys', { body: { action: 'rotate' } });
  });

  test.each([
    ['GET /webhooks/{id}', { at: ['whk_none'] }, 'webhook-not-found'],
    ['GET /ssf/status', { query: '?stream_id=str_none' }, 'stream-not-found'],
    ['GET /agents/{handle}', { at: ['nobody'] }, 'agent-not-found'],
    ['GET /credentials/{id}', { at: ['crd_none'] }, 'credential-not-found'],
    ['GET /enrolments/{id}', { at: ['enr_none'] }, 'enrolment-not-found'],
    ['GET /templates/{name}', { at: ['none'] }, 'template-not-found'],
    ['GET /schemas/{name}', { at: ['none'] }, 'schema-not-found'],
    ['GET /imports/{id}', { at: ['imp_none'] }, 'import-not-found'],
    ['PATCH /rules/{id}', { at: ['rul_none'], body: { name: 'x' } }, 'rule-not-found'],
    ['DELETE /tokens/{id}', { at: ['tok_none'] }, 'token-not-found'],
    ['DELETE /workload-rules/{id}', { at: ['wlr_none'] }, 'workload-rule-not-found'],
    ['DELETE /owners/departed/{owner}', { at: ['a@b.com'] }, 'owner-not-departed'],
    ['DELETE /trusted-issuers/{did}', { at: ['did:web:b.com'] }, 'issuer-not-trusted'],
    ['POST /agents', { body: { handle: 'x' } }, 'invalid-input'],
    ['GET /agents', { place: { token: 'swt_no' } }, 'unauthenticated'],
    ['POST /enrol', { body: { token: 'swe_no', jwk: {}, proof: '' } }, 'key-not-usable'],
    ['POST /organization/keys', { body: { action: 'activate', key: 'no' } }, 'key-not-found'],
  ] as const)('%s is refused as it says', async (name, { place, ...asked }: Refused, code) => {
    const elsewhere = place === undefined ? {} : { place: { url: service.url, ...place } };
    const answer = await request(name, { ...asked, ...elsewhere });
    expect(answer.body).toMatchObject({ code });
    expect(api.faultsOfAnswer(name, answer)).toEqual([]);
    expect(api.missingHeaders(name, answer)).toEqual([]);
  });

  test('in every success that it promises', () => {
    expect(api.promised().filter((promise) => !api.seen.has(promise))).toEqual([]);
  });
});

interface Refused extends Omit<Asked, 'place'> {
  readonly place?: { readonly token: string };
}

function inQuery(name: string, required: boolean) {
  return expect.objectContaining({ name, in: 'query', required });
}
