import express from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerProblems, prepareAnswer } from '../../src/http/answer-problem.ts';
import { type Listeners, startListeners } from '../../src/http/listeners.ts';
import { createLog } from '../../src/http/log.ts';
import { RateLimits } from '../../src/http/rate-limits.ts';
import { SettableClock } from '../kernel/settable-clock.ts';

let listeners: Listeners;
let clock: SettableClock;
const silent = createLog('silent', { write: () => undefined });

async function open(perMinute: number | null): Promise<void> {
  const limits = new RateLimits({ clock, perMinute });
  const app = express();
  app.use(prepareAnswer);
  app.get('/token/:id', (request, response) => {
    limits.countToken(request.params.id, response);
    response.end('done');
  });
  app.get('/stranger', (request, response) => {
    limits.countStranger(request.socket.remoteAddress ?? '');
    response.end('done');
  });
  app.use(answerProblems({ origin: 'https://id.acme.com', log: silent }));
  const listen = { host: '127.0.0.1', port: 0 };
  const settings = { listen, adminListen: undefined, tls: undefined };
  listeners = await startListeners(settings, { public: app, admin: null });
}

async function ask(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${listeners.publicUrl}${path}`, { headers });
  const limit = response.headers.get('ratelimit');
  const wait = response.headers.get('retry-after');
  return { status: response.status, limit, wait, body: await response.text() };
}

beforeEach(() => {
  clock = new SettableClock('2026-11-20T12:00:00Z');
});

afterEach(() => listeners.close());

describe('the requests of a token', () => {
  test('are counted, and told in every answer', async () => {
    await open(60);
    expect((await ask('/token/a')).limit).toBe('"token";r=59;t=1');
    expect((await ask('/token/a')).limit).toBe('"token";r=58;t=2');
    expect((await ask('/token/b')).limit).toBe('"token";r=59;t=1');
    const response = await fetch(`${listeners.publicUrl}/token/b`);
    expect(response.headers.get('ratelimit-policy')).toBe('"token";q=60;w=60');
  });

  test('are refused once there are too many, until some time has passed', async () => {
    await open(2);
    for (const status of [200, 200, 429, 429]) expect((await ask('/token/a')).status).toBe(status);
    const refused = await ask('/token/a');
    expect(refused).toMatchObject({ limit: '"token";r=0;t=60', wait: '30' });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'too-many-requests', status: 429 });
    expect((await ask('/token/b')).status).toBe(200);
    clock.moveBy(29_999);
    expect(await ask('/token/a')).toMatchObject({ status: 429, wait: '1' });
    clock.moveBy(1);
    expect((await ask('/token/a')).status).toBe(200);
    expect((await ask('/token/a')).status).toBe(429);
  });

  test('fill no bucket while the clock steps back', async () => {
    await open(1);
    expect((await ask('/token/a')).status).toBe(200);
    clock.moveBy(-3_600_000);
    expect((await ask('/token/a')).status).toBe(429);
    clock.moveBy(60_000);
    expect((await ask('/token/a')).status).toBe(200);
  });

  test('have no limit when there is none', async () => {
    await open(null);
    for (const _ of Array(50).keys()) {
      expect(await ask('/token/a')).toMatchObject({ status: 200, limit: null });
    }
  });

  test('of 20,000 tokens are counted in bounded memory, the latest still', async () => {
    await open(2);
    const limits = new RateLimits({ clock, perMinute: null });
    for (const place of Array(20_000).keys()) limits.countStranger(`address ${place}`);
    for (const _ of Array(599).keys()) limits.countStranger('address 19999');
    expect(() => limits.countStranger('address 19999')).toThrow('too-many-requests');
    for (const _ of Array(600).keys()) limits.countStranger('address 0');
    expect(() => limits.countStranger('address 0')).toThrow('too-many-requests');
  });
});

test('a header does not change the address that a stranger is counted by', async () => {
  await open(60);
  const statuses: number[] = [];
  for (const place of Array(602).keys()) {
    statuses.push((await ask('/stranger', { 'x-forwarded-for': `10.0.0.${place}` })).status);
  }
  expect(statuses.filter((status) => status === 200)).toHaveLength(600);
  expect(statuses.slice(-2)).toEqual([429, 429]);
});
