import { Ajv2020 } from 'ajv/dist/2020.js';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import {
  type ApiAnswer,
  type RunningService,
  startRunningService,
} from '../support/running-service.ts';

const clearance = {
  type: 'object',
  properties: {
    level: { $ref: '#/$defs/level' },
    badge: { type: 'string', pattern: '^[A-Z]{2}-\\d{1,6}$' },
  },
  required: ['level'],
  additionalProperties: false,
  $defs: { level: { enum: ['low', 'high'] } },
};
const order = { type: 'security-clearance', claims: { level: 'high' }, reason: 'CHG-4711' };
let place: RunningService;

beforeAll(async () => {
  place = await startRunningService();
  const agent = { kind: 'agent', owners: ['lead@acme.com'], keyCustody: 'registry' };
  await place.call('POST', '/agents', { ...agent, handle: 'bot', name: 'Bot' });
});

afterAll(() => place[Symbol.asyncDispose]());

function define(schema: unknown, name = 'security-clearance') {
  return place.call('POST', '/schemas', { name, schema });
}

function issue(changes: Readonly<Record<string, unknown>> = {}) {
  return place.call('POST', '/agents/bot/credentials', { ...order, ...changes });
}

function told({ status, body }: ApiAnswer) {
  const errors = (body['errors'] ?? []) as readonly { readonly pointer: string }[];
  return [status, body['code'], ...errors.map(({ pointer }) => pointer)];
}

function verifierTrusting(...credentialTypes: readonly string[]) {
  const issuer = place.service.organization.did;
  const trust = [{ issuer, clientIds: [`${place.url}/a/`], credentialTypes }];
  const fetch = guardedFetch({ allowLoopback: true });
  return createVerifier({ fetch, policy: { mode: 'enforce', trust } });
}

describe('a credential type that an organization defines', () => {
  test('is published for ever, as the schema of whole credentials', async () => {
    const created = await define(clearance);
    expect([created.status, created.headers.get('location')]).toEqual([
      201,
      '/api/v1/schemas/security-clearance',
    ]);
    const url = `${place.url}/schemas/security-clearance.v1.json`;
    const type = 'SecurityClearanceCredential';
    expect(created.body).toMatchObject({ version: 1, type, url, schema: clearance });
    const published = await fetch(url);
    expect(published.status).toBe(200);
    expect(published.headers.get('content-type')).toBe('application/schema+json');
    expect(published.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await published.json()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: url,
      title: type,
    });
  });

  test('is issued in the envelope of the others, and left out of the passport', async () => {
    const issued = await issue();
    expect(issued.status).toBe(201);
    expect(issued.body).toMatchObject({ type: 'security-clearance', visibility: 'on-request' });
    expect(issued.body['url']).toBeUndefined();
    const payload = decodeJwt(String(issued.body['jwt']));
    expect(payload).toMatchObject({
      '@context': [
        'https://www.w3.org/ns/credentials/v2',
        `${place.url}/contexts/agent-v1.jsonld`,
        'https://www.w3.org/ns/credentials/undefined-terms/v2',
      ],
      type: ['VerifiableCredential', 'SecurityClearanceCredential'],
      credentialSubject: { id: `${place.url}/a/bot/client.json`, name: 'Bot', level: 'high' },
      credentialSchema: {
        id: `${place.url}/schemas/security-clearance.v1.json`,
        type: 'JsonSchema',
      },
    });
    const document = (await (await fetch(`${place.url}/a/bot/client.json`)).json()) as {
      readonly 'vc+jwt': string;
    };
    expect(JSON.stringify(decodeJwt(document['vc+jwt']))).not.toContain('level');
  });

  test('is read by anyone with the published schema', async () => {
    const payload = decodeJwt(String((await issue()).body['jwt']));
    const { credentialSchema } = payload as { readonly credentialSchema: { readonly id: string } };
    const schema = (await (await fetch(credentialSchema.id)).json()) as object;
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(payload)).toBe(true);
    const subject = { ...(payload['credentialSubject'] as object), level: 'highest' };
    expect(validate({ ...payload, credentialSubject: subject })).toBe(false);
  });

  test('is accepted under a policy that lists it, and by no other', async () => {
    const jwt = String((await issue()).body['jwt']);
    const verdict = await verifierTrusting('SecurityClearanceCredential').verifyCredential(jwt);
    expect(verdict).toMatchObject({ outcome: 'accepted', claims: { level: 'high' } });
    const line = verdict.report.checks.find(({ id }) => id === 'credential.schema');
    expect(line?.outcome).toBe('skipped');
    const others = verifierTrusting('AgentAuthorizationCredential', 'AgentComplianceCredential');
    expect(await others.verifyCredential(jwt)).toMatchObject({
      outcome: 'rejected',
      reason: 'issuer-not-trusted',
    });
  });

  test('is accepted by the verifier of its own organization', async () => {
    const jwt = String((await issue()).body['jwt']);
    expect((await place.call('POST', '/verify', { jwt })).body).toMatchObject({
      outcome: 'accepted',
    });
  });

  test('has claims that do not fit refused, at the place', async () => {
    expect(told(await issue({ claims: { level: 'highest' } }))).toEqual([
      422,
      'claims-invalid',
      '/claims/level',
    ]);
    expect(told(await issue({ claims: {} }))).toEqual([422, 'claims-invalid', '/claims']);
    const { claims } = order;
    const refused = async (more: object) => told(await issue({ claims: { ...claims, ...more } }));
    expect(await refused({ badge: 'AB-1234567' })).toContain('/claims/badge');
    expect(await refused({ name: 'Another' })).toContain('/claims/name');
    expect(await refused({ '@id': 'urn:x' })).toContain('/claims/@id');
    expect(await refused({ badge: 'A'.repeat(5_000) })).toEqual([422, 'claims-invalid', '/claims']);
    expect(told(await issue({ type: 'unheard-of' }))).toEqual([
      422,
      'credential-type-unknown',
      '/type',
    ]);
  });

  test('is suspended, resumed and revoked like the others', async () => {
    const { id, jwt } = (await issue()).body;
    const change = async (verb: string) =>
      (await place.call('POST', `/credentials/${id}/${verb}`, { reason: 'drill' })).body['state'];
    const verdict = () => {
      return verifierTrusting('SecurityClearanceCredential').verifyCredential(String(jwt));
    };
    expect(await change('suspend')).toBe('suspended');
    expect(await verdict()).toMatchObject({ reason: 'status-suspended' });
    expect(await change('resume')).toBe('active');
    expect(await verdict()).toMatchObject({ outcome: 'accepted' });
    expect(await change('revoke')).toBe('revoked');
    expect(await verdict()).toMatchObject({ reason: 'status-revoked' });
    const listed = '/credentials?agent=bot&type=security-clearance&state=revoked';
    const { body } = await place.call('GET', listed);
    expect(body['data']).toMatchObject([{ id, type: 'security-clearance' }]);
  });

  test('has versions: what is renewed stays with its own, what is new has the newest', async () => {
    const former = await issue();
    const stricter = { ...clearance, required: ['level', 'badge'] };
    expect((await define(stricter)).body).toMatchObject({ version: 2 });
    const renewed = await place.call('POST', `/credentials/${former.body['id']}/renew`, {
      reason: 'again',
    });
    expect(renewed.status).toBe(201);
    expect(decodeJwt(String(renewed.body['jwt']))['credentialSchema']).toMatchObject({
      id: `${place.url}/schemas/security-clearance.v1.json`,
    });
    expect(told(await issue())).toEqual([422, 'claims-invalid', '/claims']);
    const newest = await issue({ claims: { level: 'low', badge: 'AB-12' } });
    expect(decodeJwt(String(newest.body['jwt']))['credentialSchema']).toMatchObject({
      id: `${place.url}/schemas/security-clearance.v2.json`,
    });
    const shown = await place.call('GET', '/schemas/security-clearance');
    expect(shown.body).toMatchObject({ version: 2, versions: [{ version: 2 }, { version: 1 }] });
    expect((await fetch(`${place.url}/schemas/security-clearance.v1.json`)).status).toBe(200);
  });

  test('comes with an agent, by its template too', async () => {
    const credentials = [{ ...order, claims: { level: 'low', badge: 'AB-1' } }];
    const template = { name: 'cleared', kind: 'agent', credentials };
    expect((await place.call('POST', '/templates', template)).status).toBe(201);
    const onboarded = await place.call('POST', '/agents', {
      ...{ handle: 'cleared', name: 'Cleared', owners: ['lead@acme.com'], keyCustody: 'registry' },
      template: 'cleared',
    });
    expect(onboarded.status).toBe(201);
    const { body } = await place.call('GET', '/credentials?agent=cleared&type=security-clearance');
    expect(body['data']).toHaveLength(1);
    const unfit = { ...template, name: 'unfit', credentials: [{ ...order, claims: {} }] };
    expect(told(await place.call('POST', '/templates', unfit))).toEqual([
      422,
      'claims-invalid',
      '/credentials/0/claims',
    ]);
  });
});

describe('who may define one', () => {
  test('only an administrator, and only what is safe', async () => {
    const narrow = await place.call('POST', '/tokens', {
      name: 'reader',
      scopes: ['agents:read', 'credentials:issue'],
    });
    const body = { name: 'other', schema: clearance };
    const token = String(narrow.body['token']);
    expect((await place.call('POST', '/schemas', body, token)).status).toBe(403);
    expect((await place.call('GET', '/schemas/other', undefined, token)).status).toBe(404);
    const remote = { type: 'object', properties: { level: { $ref: 'https://evil.example/x' } } };
    expect(told(await define(remote, 'other'))).toEqual([
      400,
      'invalid-input',
      '/schema/properties/level/$ref',
    ]);
    expect(told(await define(clearance, 'passport'))).toEqual([400, 'invalid-input', '/name']);
    const { body: listing } = await place.call('GET', '/schemas');
    expect(listing['data']).toMatchObject([{ name: 'security-clearance', version: 2 }]);
  });
});

describe('on the command line', () => {
  test('a type is added from a file, listed, and issued', async () => {
    const env = { SEALWRIGHT_SERVER: place.address, SEALWRIGHT_TOKEN: place.token };
    const run = (words: readonly string[], input = '') => runRecorded(words, { env, input });
    const schema = JSON.stringify(clearance);
    const added = await run(['schema', 'add', '-', '--name', 'vetting'], schema);
    expect(added).toEqual({
      code: 0,
      err: '',
      out: [
        'vetting has version 1',
        '  type       VettingCredential',
        `  published  ${place.url}/schemas/vetting.v1.json`,
        '',
      ].join('\n'),
    });
    const listed = await run(['schema', 'list']);
    expect(listed.out).toContain('VettingCredential');
    expect(listed.out).toContain('SecurityClearanceCredential');
    const words = ['credential', 'issue', 'bot', '--type', 'vetting', '--claims', '-'];
    const issued = await run([...words, '--reason', 'CHG-1', '--json'], '{"level":"low"}');
    expect(JSON.parse(issued.out)).toMatchObject({ type: 'vetting', state: 'active' });
    const refused = await run(['schema', 'add', '-', '--name', 'Vetting'], schema);
    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain('/name');
  });
});
