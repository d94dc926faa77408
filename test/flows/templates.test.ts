import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certified, readsLogs } from '../credentials/made-claims.ts';
import { enrolmentRequest, newEnrolmentKey } from '../support/enrolment-key.ts';
import {
  type ApiAnswer,
  type RunningService,
  startRunningService,
} from '../support/running-service.ts';

const credentials = [
  { type: 'allowed-actions', claims: readsLogs, reason: 'every worker reads logs' },
  { type: 'compliance', claims: certified, reason: 'audit 2026', validFor: 'P30D' },
];
const worker = {
  kind: 'agent',
  defaults: {
    owners: ['platform@acme.com'],
    team: 'platform',
    tags: ['prod'],
    keyCustody: 'registry',
    expiresIn: 'P1Y',
  },
  credentials,
};
let place: RunningService;

beforeAll(async () => {
  place = await startRunningService();
});

afterAll(() => place[Symbol.asyncDispose]());

function told({ status, body }: ApiAnswer) {
  return [
    status,
    body['code'],
    (body['errors'] as { pointer: string }[] | undefined)?.[0]?.pointer,
  ];
}

async function typesOf(handle: string) {
  const { body } = await place.call('GET', `/credentials?agent=${handle}&state=active`);
  return (body['data'] as readonly { readonly type: string }[]).map(({ type }) => type).sort();
}

async function passportOf(handle: string) {
  const document = (await (await fetch(`${place.url}/a/${handle}/client.json`)).json()) as {
    readonly 'vc+jwt': string;
  };
  const [, payload = ''] = document['vc+jwt'].split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
    readonly credentialSubject: Readonly<Record<string, unknown>>;
  };
}

describe('a template', () => {
  test('fills what an order leaves open, and issues its credentials with the passport', async () => {
    const created = await place.call('POST', '/templates', { name: 'worker', ...worker });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe('/api/v1/templates/worker');
    const order = { handle: 'one', name: 'One', template: 'worker', tags: ['test'] };
    const onboarded = await place.call('POST', '/agents', order);
    expect(onboarded.status).toBe(201);
    expect(onboarded.body).toMatchObject({
      kind: 'agent',
      owners: ['platform@acme.com'],
      team: 'platform',
      tags: ['test'],
      keyCustody: 'registry',
    });
    const { createdAt, expiresAt } = onboarded.body;
    const end = new Date(String(createdAt));
    end.setUTCFullYear(end.getUTCFullYear() + 1);
    expect(Math.abs(Date.parse(String(expiresAt)) - end.getTime())).toBeLessThan(1_000);
    expect(await typesOf('one')).toEqual(['allowed-actions', 'compliance', 'passport']);
    const { credentialSubject } = await passportOf('one');
    expect(credentialSubject['authorizedScopes']).toEqual(['read:logs/production']);
    expect(credentialSubject['complianceAttestations']).toHaveLength(1);
  });

  test('goes for agents that enrol too, as it was when they were invited', async () => {
    const invited = await place.call('POST', '/enrolments', { handle: 'two', template: 'worker' });
    expect(invited.body).toMatchObject({
      template: 'worker',
      owners: ['platform@acme.com'],
      credentials: ['allowed-actions', 'compliance'],
    });
    const changes = { credentials: [], defaults: {}, approval: true };
    expect((await place.call('PATCH', '/templates/worker', changes)).body).toMatchObject(changes);
    const token = String(invited.body['token']);
    const order = { token, key: newEnrolmentKey(), audience: place.url, at: new Date() };
    const enrolled = await place.call('POST', '/enrol', enrolmentRequest(order), null);
    expect(enrolled.status).toBe(201);
    expect(await typesOf('two')).toEqual(['allowed-actions', 'compliance', 'passport']);
    const agent = await place.call('GET', '/agents/two');
    expect(agent.body).toMatchObject({ team: 'platform', keyCustody: 'jwk' });
    await place.call('PATCH', '/templates/worker', worker);
  });

  test('that asks for approval cannot be talked out of it', async () => {
    await place.call('POST', '/templates', { name: 'careful', ...worker, approval: true });
    const order = { handle: 'three', template: 'careful', approval: false };
    const invited = await place.call('POST', '/enrolments', order);
    expect(invited.body['approval']).toBe(true);
  });

  test('is listed, found, and gone when it is deleted, while its enrolments go on', async () => {
    await place.call('POST', '/templates', { name: 'short-lived', ...worker });
    const invited = await place.call('POST', '/enrolments', {
      handle: 'four',
      template: 'short-lived',
    });
    const listed = await place.call('GET', '/templates');
    const names = (listed.body['data'] as readonly { readonly name: string }[]).map(
      ({ name }) => name,
    );
    expect(names).toContain('short-lived');
    expect((await place.call('DELETE', '/templates/short-lived')).status).toBe(204);
    for (const method of ['GET', 'DELETE']) {
      const answer = await place.call(method, '/templates/short-lived');
      expect(told(answer)).toEqual([404, 'template-not-found', undefined]);
    }
    const gone = await place.call('POST', '/agents', {
      handle: 'five',
      name: 'Five',
      template: 'short-lived',
    });
    expect(told(gone)).toEqual([404, 'template-not-found', undefined]);
    const token = String(invited.body['token']);
    const order = { token, key: newEnrolmentKey(), audience: place.url, at: new Date() };
    expect((await place.call('POST', '/enrol', enrolmentRequest(order), null)).status).toBe(201);
  });

  test('has a name of its own', async () => {
    const again = await place.call('POST', '/templates', { name: 'worker', ...worker });
    expect(told(again)).toEqual([409, 'template-name-taken', undefined]);
  });

  test('by which the document would outgrow its budget onboards nobody, and leaves nothing', async () => {
    const actions = Array.from({ length: 32 }, (_, at) => ({
      action: 'read',
      resource: `${'long/'.repeat(18)}${at}`,
    }));
    const huge = [{ type: 'allowed-actions', claims: { actions }, reason: 'all of it' }];
    await place.call('POST', '/templates', { name: 'huge', ...worker, credentials: huge });
    const order = { handle: 'six', name: 'Six', template: 'huge' };
    const refused = await place.call('POST', '/agents', order);
    expect([refused.status, refused.body['code']]).toEqual([422, 'document-too-large']);
    expect((await place.call('GET', '/agents/six')).status).toBe(404);
    expect((await place.call('POST', '/agents', { ...order, template: 'worker' })).status).toBe(
      201,
    );
  });

  test.each([
    ['a malformed name', { name: 'No Good' }, 400, 'invalid-input', '/name'],
    ['no owner', { defaults: { owners: [] } }, 400, 'invalid-input', '/defaults/owners'],
    ['a long team', { defaults: { team: 'x'.repeat(61) } }, 400, 'invalid-input', '/defaults/team'],
    ['no life', { defaults: { expiresIn: 'P0D' } }, 400, 'invalid-input', '/defaults/expiresIn'],
    [
      'a long life',
      { defaults: { expiresIn: 'P11Y' } },
      400,
      'invalid-input',
      '/defaults/expiresIn',
    ],
    [
      'no reason',
      { credentials: [{ ...credentials[0], reason: '' }] },
      400,
      'invalid-input',
      '/credentials/0/reason',
    ],
    [
      'a passport',
      { credentials: [{ ...credentials[0], type: 'passport' }] },
      422,
      'credential-type-unknown',
      '/credentials/0/type',
    ],
    [
      'other claims',
      { credentials: [credentials[0], { ...credentials[1], claims: {} }] },
      422,
      'claims-invalid',
      '/credentials/1/claims',
    ],
    [
      'many credentials',
      { credentials: Array(9).fill(credentials[0]) },
      400,
      'invalid-input',
      '/credentials',
    ],
    [
      'an unknown member',
      { defaults: { state: 'active' } },
      400,
      'invalid-input',
      '/defaults/state',
    ],
  ] as const)('with %s is refused', async (_, changes, ...expected) => {
    const order = { name: 'unusable', ...worker, ...changes };
    expect(told(await place.call('POST', '/templates', order))).toEqual(expected);
    const { name: _name, ...patch } = { ...worker, ...changes } as Record<string, unknown>;
    if (!('name' in changes)) {
      expect(told(await place.call('PATCH', '/templates/worker', patch))).toEqual(expected);
    }
    expect((await place.call('GET', '/templates/unusable')).status).toBe(404);
  });

  test('is written by administrators alone', async () => {
    const scopes = ['agents:read', 'agents:write', 'credentials:issue'];
    const { body } = await place.call('POST', '/tokens', { name: 'writer', scopes });
    const writer = String(body['token']);
    const order = { name: 'mine', ...worker };
    const refused = await place.call('POST', '/templates', order, writer);
    expect(told(refused)).toEqual([403, 'not-permitted', undefined]);
    expect((await place.call('GET', '/templates/worker', undefined, writer)).status).toBe(200);
    const onboarding = { handle: 'seven', name: 'Seven', template: 'worker' };
    expect((await place.call('POST', '/agents', onboarding, writer)).status).toBe(201);
  });

  test('is not needed by an order that says everything', async () => {
    const order = { handle: 'eight', name: 'Eight', template: 'worker' };
    const bare = await place.call('POST', '/templates', { name: 'bare' });
    expect(bare.body).toMatchObject({ kind: null, defaults: {}, credentials: [], approval: false });
    const refused = await place.call('POST', '/agents', { ...order, template: 'bare' });
    expect(told(refused)).toEqual([400, 'invalid-input', '']);
  });
});
