import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiRoutes } from '../../src/http/app.ts';
import { tokenScopes } from '../../src/organizations/api-token.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

let place: RunningService;
const tokens: Record<'payments' | 'logs' | 'bot', string> = { payments: '', logs: '', bot: '' };

function agent(handle: string, team?: string) {
  const owners = ['a@acme.com'];
  return { handle, kind: 'agent', name: handle, owners, team, keyCustody: 'registry' };
}

async function grant(reach: { team?: string; agent?: string }): Promise<string> {
  const order = { name: 'narrow', scopes: tokenScopes, ...reach };
  const { status, body } = await place.call('POST', '/tokens', order);
  expect(status).toBe(201);
  return body['token'] as string;
}

const handlesOf = (body: Readonly<Record<string, unknown>>) =>
  (body['data'] as { handle: string }[]).map(({ handle }) => handle);

beforeAll(async () => {
  place = await startRunningService();
  for (const order of [agent('pay-bot', 'payments'), agent('log-bot', 'logs'), agent('free-bot')]) {
    expect((await place.call('POST', '/agents', order)).status).toBe(201);
  }
  tokens.payments = await grant({ team: 'payments' });
  tokens.logs = await grant({ team: 'logs' });
  tokens.bot = await grant({ agent: 'pay-bot' });
});

afterAll(() => place[Symbol.asyncDispose]());

describe('a token for one team', () => {
  test('is shown as one', async () => {
    const { body } = await place.call('GET', '/tokens');
    expect(body['data']).toEqual(
      expect.arrayContaining([expect.objectContaining({ team: 'payments', agent: null })]),
    );
  });

  test('lists its own agents, whatever the filter asks for', async () => {
    for (const query of ['', '?q=bot', '?state=active', '?owner=a@acme.com']) {
      const { body } = await place.call('GET', `/agents${query}`, undefined, tokens.payments);
      expect(handlesOf(body)).toEqual(['pay-bot']);
    }
    const { body } = await place.call('GET', '/agents?team=logs', undefined, tokens.payments);
    expect(handlesOf(body)).toEqual([]);
  });

  test('lists the credentials of its own agents', async () => {
    const { body } = await place.call('GET', '/credentials', undefined, tokens.payments);
    const held = body['data'] as { agent: string }[];
    expect(held.map(({ agent: handle }) => handle)).toEqual(['pay-bot']);
  });

  test.each([
    ['GET', '/agents/log-bot', undefined],
    ['GET', '/agents/log-bot/documents', undefined],
    ['PATCH', '/agents/log-bot', { name: 'Taken' }],
    ['POST', '/agents/log-bot/suspend', { reason: 'mine' }],
    ['POST', '/agents/log-bot/retire', { reason: 'mine' }],
    ['POST', '/agents/free-bot/retire', { reason: 'mine' }],
    ['GET', '/credentials?agent=log-bot', undefined],
  ])('finds nothing at %s %s of another team', async (method, path, body) => {
    const answer = await place.call(method, path, body, tokens.payments);
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ code: 'agent-not-found' });
  });

  test('finds no credential of another team', async () => {
    const { body } = await place.call('GET', '/credentials?agent=log-bot');
    const [passport] = body['data'] as { id: string }[];
    for (const token of [tokens.payments, tokens.bot]) {
      const read = await place.call('GET', `/credentials/${passport?.id}`, undefined, token);
      expect([read.status, read.body['code']]).toEqual([404, 'credential-not-found']);
      const revoked = await place.call(
        'POST',
        `/credentials/${passport?.id}/revoke`,
        { reason: 'mine' },
        token,
      );
      expect([revoked.status, revoked.body['code']]).toEqual([404, 'credential-not-found']);
    }
    expect((await place.call('GET', `/credentials/${passport?.id}`)).body['state']).toBe('active');
  });

  test('onboards into its own team, and into no other', async () => {
    const own = await place.call('POST', '/agents', agent('new-bot'), tokens.logs);
    expect(own.body).toMatchObject({ handle: 'new-bot', team: 'logs' });
    const foreign = await place.call('POST', '/agents', agent('spy', 'payments'), tokens.logs);
    expect([foreign.status, foreign.body['code']]).toEqual([403, 'not-permitted']);
    expect((await place.call('GET', '/agents/spy')).status).toBe(404);
    const moved = await place.call('PATCH', '/agents/new-bot', { team: 'payments' }, tokens.logs);
    expect([moved.status, moved.body['code']]).toEqual([403, 'not-permitted']);
    expect((await place.call('GET', '/agents/new-bot')).body['team']).toBe('logs');
  });
});

describe('a token for one agent', () => {
  test('has that agent and no other', async () => {
    const { body } = await place.call('GET', '/agents', undefined, tokens.bot);
    expect(handlesOf(body)).toEqual(['pay-bot']);
    expect((await place.call('GET', '/agents/log-bot', undefined, tokens.bot)).status).toBe(404);
  });

  test('onboards nobody', async () => {
    const answer = await place.call('POST', '/agents', agent('second'), tokens.bot);
    expect([answer.status, answer.body['code']]).toEqual([403, 'not-permitted']);
  });

  test('is not made for an agent that does not exist', async () => {
    const order = { name: 'narrow', scopes: ['verify'], agent: 'nobody' };
    const answer = await place.call('POST', '/tokens', order);
    expect([answer.status, answer.body['code']]).toEqual([404, 'agent-not-found']);
  });
});

describe('calls about the whole organization', () => {
  const closed = apiRoutes.filter(({ servesNarrowTokens }) => !servesNarrowTokens);

  test.each(closed.map(({ method, path }) => [method, path] as const))(
    'refuse %s %s to a token for a part of it',
    async (method, path) => {
      const body = method === 'GET' || method === 'DELETE' ? undefined : {};
      const target = path.replaceAll(/:\w+/g, 'anything');
      for (const token of Object.values(tokens)) {
        const answer = await place.call(method, target, body, token);
        expect([answer.status, answer.body['code']]).toEqual([403, 'not-permitted']);
      }
    },
  );

  test('are all that is about tokens and the audit trail', () => {
    const paths = closed.map(({ method, path }) => `${method} ${path}`);
    expect(paths).toEqual(
      expect.arrayContaining([
        'POST /tokens',
        'GET /tokens',
        'DELETE /tokens/:target',
        'GET /audit',
      ]),
    );
  });
});
