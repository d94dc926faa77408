import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AgentVariables, requireAgent } from '../../../src/verifier/adapters/hono.ts';
import { createStubVerifier, type StubbedVerdict } from '../../support/stub-verifier.ts';

const clientId = 'https://id.example/a/bot/client.json';
const verifier = createStubVerifier();

let reported: string[];
let reached: number;
let server: ServerType;
let url: string;

type AppEnv = { Variables: AgentVariables & { clientId: string } };

/** An app as its author writes it: a check of the token, the agent's papers, then the work. */
function createApp() {
  const app = new Hono<AppEnv>();
  app.use(async (context, next) => {
    context.set('clientId', context.req.header('x-client') ?? '');
    await next();
    context.header('x-seen', 'by the app');
  });
  app.get(
    '/standing',
    requireAgent(verifier, { clientId: (context: Context<AppEnv>) => context.get('clientId') }),
    (context) => {
      reached += 1;
      return context.json(context.get('agent').client);
    },
  );
  app.get(
    '/logs/:name',
    requireAgent(verifier, {
      clientId: (context: Context<AppEnv>) => context.get('clientId'),
      action: (context) => `read:logs/${context.req.param('name')}`,
      onVerdict: (verdict, context) => reported.push(`${verdict.outcome} ${context.req.path}`),
    }),
    (context) => context.json(context.get('agent').granted),
  );
  app.get(
    '/broken',
    requireAgent(verifier, {
      clientId: () => {
        throw new Error('no session');
      },
    }),
    (context) => context.text('unreached'),
  );
  app.onError((error, context) => context.text(`app: ${error.message}`, 500));
  return app;
}

beforeAll(async () => {
  server = serve({ fetch: createApp().fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => void server.close());

beforeEach(() => {
  verifier.verdict = {};
  verifier.asked.length = 0;
  reported = [];
  reached = 0;
});

async function call(path: string, verdict: StubbedVerdict = {}, client = clientId) {
  verifier.verdict = verdict;
  const response = await fetch(url + path, { headers: { 'x-client': client } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

describe('requireAgent for Hono, on a real server', () => {
  it('lets an accepted agent pass and leaves the verdict in the context', async () => {
    const { status, text, headers } = await call('/standing');
    expect([status, reached]).toEqual([200, 1]);
    expect(JSON.parse(text)).toMatchObject({
      clientId,
      jwksUri: 'https://id.example/a/bot/jwks.json',
    });
    expect(headers.get('x-seen')).toBe('by the app');
    expect(verifier.asked).toEqual([{}]);
  });

  it('asks the verifier for the action of the request, and reports the verdict', async () => {
    const permitted = ['read:logs/production'];
    const production = await call('/logs/production', { permitted });
    expect([production.status, production.text]).toEqual([200, '["read:logs/production"]']);
    expect(verifier.asked).toEqual([{ scope: 'read:logs/production' }]);
    expect(reported).toEqual(['accepted /logs/production']);
  });

  it('answers insufficient_scope for an action that the papers withhold', async () => {
    const { status, headers, text } = await call('/logs/pii', {
      permitted: ['read:logs/production'],
    });
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="read:logs/pii"',
    );
    expect(JSON.parse(text)).toEqual({
      type: 'urn:sealwright:problem:agent-action-withheld',
      code: 'agent-action-withheld',
      status: 403,
      title: 'Action not permitted',
      detail: 'The agent is in good standing, but its papers do not permit this action.',
      withheld: ['read:logs/pii'],
      report: 'rpt_0000000001',
    });
  });

  it.each([
    ['rejected', 'status-revoked', 403, 'agent-refused', null],
    ['undetermined', 'status-unavailable', 503, 'agent-undetermined', '5'],
  ] as const)('answers %s (%s) with %d', async (outcome, reason, status, code, retryAfter) => {
    const answer = await call('/standing', { outcome, reason });
    expect([answer.status, reached]).toEqual([status, 0]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('retry-after')).toBe(retryAfter);
    expect(JSON.parse(answer.text)).toMatchObject({ code, status, reason });
  });

  it('answers 401 when the request names no client, and asks nobody', async () => {
    const { status, headers, text } = await call('/standing', {}, '');
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(JSON.parse(text)).toMatchObject({ code: 'agent-unidentified' });
    expect(verifier.asked).toEqual([]);
  });

  it('does not act on a verdict that is advisory', async () => {
    const { status } = await call('/standing', {
      outcome: 'rejected',
      reason: 'status-suspended',
      advisory: true,
    });
    expect([status, reached]).toEqual([200, 1]);
  });

  it('hands what a callback throws to the app', async () => {
    expect(await call('/broken')).toMatchObject({ status: 500, text: 'app: no session' });
  });
});
