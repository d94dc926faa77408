import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { type Listeners, messageLimits, startListeners } from '../../src/http/listeners.ts';
import { createLog } from '../../src/http/log.ts';
import { RateLimits } from '../../src/http/rate-limits.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { type EdgeWorld, openEdgeWorld, watchedRegistry } from '../support/edge-world.ts';
import { rawRequest } from '../support/raw-request.ts';
import { createStubVerifier } from '../support/stub-verifier.ts';

const logged: string[] = [];
let world: EdgeWorld;
let listeners: Listeners;
let port: number;
let token: string;

beforeAll(async () => {
  world = await openEdgeWorld();
  token = (await world.grant()).text;
  const app = createApp({
    limits: new RateLimits({ clock: world.clock, perMinute: null }),
    registry: watchedRegistry(() => world),
    verifierOf: createStubVerifier,
    checkReadiness: async () => [],
    metrics: new Metrics(),
    origin: 'https://id.acme.com',
    clock: world.clock,
    log: createLog('trace', { write: (line) => void logged.push(line) }),
  });
  const listen = { host: '127.0.0.1', port: 0 };
  const limits = { ...messageLimits, headersTimeout: 2_000, connectionsCheckingInterval: 200 };
  listeners = await startListeners(
    { listen, adminListen: undefined, tls: undefined },
    { public: app, admin: null },
    limits,
  );
  port = Number(new URL(listeners.publicUrl).port);
});

afterAll(() => listeners.close());

/** All that is answered to these octets until the connection is closed. */
async function send(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

function post(headers: readonly string[], body: string): string {
  const lines = ['POST /api/v1/agents HTTP/1.1', 'Host: x', `Authorization: Bearer ${token}`];
  return [...lines, 'Content-Type: application/json', ...headers, '', body].join('\r\n');
}

const smuggled = 'DELETE /api/v1/tokens/tok_1 HTTP/1.1\r\nHost: x\r\n\r\n';

describe('a message whose end is in doubt', () => {
  test.each<[string, readonly string[], string]>([
    ['two lengths', ['Content-Length: 2', 'Content-Length: 40'], `{}${smuggled}`],
    ['two lengths in one', ['Content-Length: 2, 40'], `{}${smuggled}`],
    ['a length and chunks', ['Content-Length: 2', 'Transfer-Encoding: chunked'], `0\r\n\r\n`],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 2'], `0\r\n\r\n`],
    ['chunks, then not', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${smuggled}`],
    ['a folded header', ['Transfer-Encoding:', ' chunked'], `0\r\n\r\n${smuggled}`],
    ['a space before the colon', ['Transfer-Encoding : chunked'], `0\r\n\r\n${smuggled}`],
    ['a negative length', ['Content-Length: -1'], `{}${smuggled}`],
    ['a signed length', ['Content-Length: +2'], `{}${smuggled}`],
    ['an odd chunk', ['Transfer-Encoding: chunked'], `0x2\r\n{}\r\n0\r\n\r\n${smuggled}`],
    ['a bare line feed', ['X: a\nTransfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`],
    ['a header with U+0000', ['X: a\0b', 'Content-Length: 2'], `{}${smuggled}`],
  ])(
    '%s: one answer of 400, the connection is closed, nothing is called',
    async (_, lines, body) => {
      world.called.length = 0;
      const answer = await send(post(lines, body));
      expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
      expect(world.called).toEqual([]);
    },
  );
});

describe('500 connections that dribble their headers', () => {
  test('leave the service answering, and are closed', async () => {
    const sockets = await Promise.all(Array.from({ length: 500 }, dribble));
    const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
    const dribbling = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('x');
    }, 500);
    const headers = { Authorization: `Bearer ${token}` };
    for (let round = 0; round < 20; round += 1) {
      const answer = await rawRequest(listeners.publicUrl, '/api/v1/agents', { headers });
      expect(answer.status).toBe(200);
      await sleep(20);
    }
    expect(sockets.filter(({ destroyed }) => !destroyed)).toHaveLength(500);
    await closed;
    clearInterval(dribbling);
  });
});

async function dribble(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  socket.write('GET /api/v1/agents HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  return socket;
}

describe('what a stranger writes', () => {
  const strange = ['a%0d%0a{"level":"info"}', '%1b[2J', '%e2%80%ae', '%e2%80%a8', '%c2%9b31m'];

  test('stands in no line of the log, in whatever part of a request it is', async () => {
    logged.length = 0;
    for (const text of strange) {
      const canary = `canary-${text}`;
      const headers = {
        Authorization: `Bearer canary.${token.slice(0, 8)}`,
        'X-Request-Id': 'canary-id',
        'X-Forwarded-For': 'canary, 127.0.0.1',
        'User-Agent': 'canary-agent',
        Referer: `https://canary/${text}`,
        Cookie: 'session=canary',
      };
      await rawRequest(listeners.publicUrl, `/api/v1/agents/${canary}?key=${canary}`, { headers });
      const known = { ...headers, Authorization: `Bearer ${token}` };
      const options = { headers: { ...known, 'Content-Type': 'application/json' }, method: 'POST' };
      const body = JSON.stringify({ reason: decodeURIComponent(canary) });
      await rawRequest(listeners.publicUrl, `/api/v1/agents/${canary}/suspend`, {
        ...options,
        body,
      });
      await rawRequest(listeners.publicUrl, `/api/v1/agents?access_token=${token}`, {
        headers: known,
      });
    }
    await expect.poll(() => logged.length).toBe(3 * strange.length);
    for (const line of logged) {
      expect(line).toMatch(/^\{[\x20-\x7e]+\}\n$/);
      expect(line).not.toMatch(/canary|2J|31m/);
      expect(line).not.toContain(token);
      expect(Object.keys(JSON.parse(line))).toEqual(
        expect.arrayContaining(['level', 'time', 'requestId', 'route', 'status']),
      );
    }
  });
});
