import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const bot = {
  handle: 'billing-bot',
  kind: 'agent',
  name: 'Billing Bot',
  owners: ['lead@acme.com'],
  keyCustody: 'registry',
};
const reading = {
  type: 'allowed-actions',
  reason: 'CHG-4711',
  claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
};

let service: RunningService;

beforeAll(async () => {
  service = await startRunningService();
}, 60_000);

afterAll(() => service[Symbol.asyncDispose]());

const tokenFor = async (order: object): Promise<string> =>
  String((await service.call('POST', '/tokens', { name: 'test', ...order })).body['token']);

const handles = async (): Promise<readonly unknown[]> => {
  const { data } = (await service.call('GET', '/export')).body;
  return Array.isArray(data) ? data.map(({ handle }) => handle) : [];
};

describe('POST /apply', () => {
  it('names every place that is wrong, and changes nothing', async () => {
    const agents = [
      { ...bot, 'a/b~c': 1 },
      { ...bot, handle: 'other', jwkFile: 'x.json' },
    ];
    const first = await service.call('POST', '/apply', { agents, prevew: true });
    expect(first.status).toBe(400);
    expect(first.body).toMatchObject({
      code: 'invalid-input',
      errors: [{ pointer: '/prevew', detail: 'is not a known member' }],
    });
    const second = await service.call('POST', '/apply', { agents });
    expect(second.body['errors']).toMatchObject([
      { pointer: '/agents/0/a~1b~0c', detail: 'is not a known member' },
      { pointer: '/agents/1/keyCustody' },
    ]);
    const { keyCustody: _custody, ...keyless } = bot;
    const third = await service.call('POST', '/apply', {
      agents: [{ ...keyless, jwkFile: '/etc/passwd' }],
    });
    expect(third.body['errors']).toMatchObject([{ pointer: '/agents/0/jwkFile' }]);
    expect(await handles()).toEqual([]);
  });

  it.each([
    ['prune without a reason', { agents: [], prune: true }, '/reason'],
    ['a reason without prune', { agents: [], reason: 'x' }, '/reason'],
    ['a preview that is no flag', { agents: [], preview: 'yes' }, '/preview'],
    ['more than a thousand', { agents: Array.from({ length: 1001 }, () => bot) }, '/agents'],
  ])('refuses %s', async (_, body, pointer) => {
    const answer = await service.call('POST', '/apply', body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ pointer }]);
  });

  it('takes 4 MB and no more, and no names of prototypes', async () => {
    const send = async (text: string): Promise<unknown> => {
      const response = await fetch(`${service.address}/api/v1/apply`, {
        method: 'POST',
        headers: { authorization: `Bearer ${service.token}`, 'content-type': 'application/json' },
        body: text,
      });
      const { code }: { code?: string } = await response.json();
      return `${response.status} ${code}`;
    };
    const padded = (size: number): string => `{"agents":[],"preview":true${' '.repeat(size)}}`;
    expect(await send(padded(4_100_000))).toBe('200 undefined');
    expect(await send(padded(4_200_000))).toBe('413 body-too-large');
    expect(await send('{"agents":[{"__proto__":{"handle":"x"}}]}')).toBe('400 body-malformed');
    expect(await send('{"agents":[],"agents":[]}')).toBe('400 body-malformed');
    expect(await send('{"agents":[],"constructor":{}}')).toBe('400 invalid-input');
  });

  it('refuses an end that could be written and never be read again', async () => {
    const agents = [{ ...bot, handle: 'late-bot', expiresAt: '9999-12-31T23:59:59-14:00' }];
    expect((await service.call('POST', '/apply', { agents })).body['agents']).toMatchObject([
      { action: 'refuse', problem: { errors: [{ detail: 'must be before the year 10000' }] } },
    ]);
    expect(await handles()).toEqual([]);
  });

  it('answers for each agent, and a preview for what would be done', async () => {
    const agents = [
      { ...bot, credentials: [reading] },
      { ...bot, handle: 'issued', keyCustody: 'issued' },
      { ...bot, handle: 'enrols', keyCustody: 'enrolment' },
      { ...bot, handle: 'Bad' },
    ];
    const preview = await service.call('POST', '/apply', { agents, preview: true });
    expect(preview.body).toEqual({
      preview: true,
      summary: { create: 3, change: 0, unchanged: 0, refuse: 1 },
      agents: [
        {
          ...{ handle: 'billing-bot', action: 'create', members: [] },
          credentials: [{ action: 'issue', type: 'allowed-actions', replaces: [] }],
        },
        { handle: 'issued', action: 'create', members: [], credentials: [] },
        { handle: 'enrols', action: 'create', members: [], credentials: [] },
        {
          ...{ handle: 'Bad', action: 'refuse', members: [], credentials: [] },
          problem: {
            code: 'invalid-input',
            detail: 'The handle is not well formed.',
            errors: [
              { pointer: '/handle', detail: 'use 2 to 40 of a-z, 0-9 and single inner hyphens' },
            ],
          },
        },
      ],
    });
    expect(await handles()).toEqual([]);
    const { status, body } = await service.call('POST', '/apply', { agents });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      preview: false,
      agents: [
        {
          ...{ state: 'active', clientId: `${service.url}/a/billing-bot/client.json` },
          credentials: [{ action: 'issue', id: expect.stringMatching(/^crd_/) }],
        },
        { privateJwk: { kty: 'EC', d: expect.any(String) } },
        { enrolment: { token: expect.stringMatching(/^swe_/), audience: service.url } },
        { action: 'refuse' },
      ],
    });
    const again = await service.call('POST', '/apply', { agents });
    expect(again.body['summary']).toEqual({ create: 0, change: 0, unchanged: 3, refuse: 1 });
    expect(JSON.stringify(again.body)).not.toMatch(/swe_|"d"/);
  });

  it('does nothing for a token that permits less, and asks for no more than it takes', async () => {
    const reader = await tokenFor({ scopes: ['agents:read'] });
    const agents = [{ ...bot, version: '2', credentials: [reading] }];
    const preview = await service.call('POST', '/apply', { agents, preview: true }, reader);
    expect(preview.body['summary']).toMatchObject({ change: 1 });
    const refused = await service.call('POST', '/apply', { agents }, reader);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      code: 'not-permitted',
      detail: 'Applying this needs the scopes agents:write too.',
    });
    const writer = await tokenFor({ scopes: ['agents:read', 'agents:write'] });
    expect((await service.call('POST', '/apply', { agents }, writer)).status).toBe(200);
  });

  it('reaches the agents of one team for the token of a team', async () => {
    const scopes = ['agents:read', 'agents:write', 'credentials:issue', 'credentials:revoke'];
    const narrow = await tokenFor({ scopes, team: 'payments' });
    const agents = [
      { ...bot, name: 'Taken over' },
      { ...bot, handle: 'own' },
      { ...bot, handle: 'foreign', team: 'logistics' },
    ];
    const { body } = await service.call('POST', '/apply', { agents }, narrow);
    expect(body['agents']).toMatchObject([
      { handle: 'billing-bot', action: 'refuse', problem: { code: 'handle-taken' } },
      { handle: 'own', action: 'create' },
      { handle: 'foreign', action: 'refuse', problem: { code: 'not-permitted' } },
    ]);
    expect((await service.call('GET', '/agents/own')).body['team']).toBe('payments');
    const moved = [{ ...bot, handle: 'own', team: 'logistics' }];
    const refused = await service.call('POST', '/apply', { agents: moved }, narrow);
    expect(refused.body['agents']).toMatchObject([{ problem: { code: 'not-permitted' } }]);
    const { data } = (await service.call('GET', '/export', undefined, narrow)).body;
    expect(data).toMatchObject([{ handle: 'own' }]);
  });
});

describe('GET /export', () => {
  it('gives agents page by page, as a manifest has them', async () => {
    const first = await service.call('GET', '/export?limit=1');
    expect(first.body['data']).toHaveLength(1);
    // Agents of one manifest are made side by side, and may stand in either order.
    const { body } = await service.call('GET', '/export');
    const exported = body['data'] as { readonly handle: string }[];
    expect(exported.filter(({ handle }) => handle === bot.handle)).toEqual([
      {
        ...{ ...bot, version: '2', credentials: [reading] },
        grantTypes: ['authorization_code', 'client_credentials'],
        expiresAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
      },
    ]);
    expect(first.headers.get('link')).toContain('rel="next"');
    expect((await service.call('GET', '/export?team=payments')).body['data']).toHaveLength(1);
  });
});
