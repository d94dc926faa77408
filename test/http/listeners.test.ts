import { mkdtempSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { expect, test } from 'vitest';
import { messageLimits, startListeners } from '../../src/http/listeners.ts';
import { rawRequest } from '../support/raw-request.ts';

const anyPort = { host: '127.0.0.1', port: 0 };
const plain = { listen: anyPort, adminListen: undefined, tls: undefined };
const says =
  (text: string): RequestListener =>
  (_request, response) =>
    response.end(text);

test('the limits of a message', () => {
  expect(messageLimits).toEqual({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 5_000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16_384,
  });
});

test('a client that dribbles its headers is cut off; others are served meanwhile', async () => {
  const limits = { ...messageLimits, headersTimeout: 300, connectionsCheckingInterval: 100 };
  const listeners = await startListeners(plain, { public: says('hi'), admin: null }, limits);
  try {
    const { port } = new URL(listeners.publicUrl);
    const slow = connect(Number(port), '127.0.0.1');
    slow.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const answered = new Promise<string>((resolve) =>
      slow.once('data', (text) => resolve(`${text}`)),
    );
    const ended = new Promise<void>((resolve) => slow.once('close', () => resolve()));
    expect((await rawRequest(listeners.publicUrl, '/')).body.toString()).toBe('hi');
    expect(await answered).toContain('408');
    await ended;
  } finally {
    await listeners.close();
  }
});

test('headers beyond the limit are refused', async () => {
  const listeners = await startListeners(plain, { public: says('hi'), admin: null });
  try {
    const headers = { 'X-Large': 'x'.repeat(20_000) };
    expect((await rawRequest(listeners.publicUrl, '/', { headers })).status).toBe(431);
  } finally {
    await listeners.close();
  }
});

test('a request with two Host headers is refused, whatever the case of their names', async () => {
  const listeners = await startListeners(plain, { public: says('hi'), admin: null });
  try {
    const client = connect(Number(new URL(listeners.publicUrl).port), '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: id.acme.com\r\nhOST: id.pay.com\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of client) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  } finally {
    await listeners.close();
  }
});

test('two listeners answer apart, and a port that is taken opens none', async () => {
  const split = { ...plain, adminListen: anyPort };
  const listeners = await startListeners(split, { public: says('public'), admin: says('admin') });
  try {
    const adminUrl = listeners.adminUrl ?? '';
    expect((await rawRequest(listeners.publicUrl, '/')).body.toString()).toBe('public');
    expect((await rawRequest(adminUrl, '/')).body.toString()).toBe('admin');
    const taken = { ...split, adminListen: { ...anyPort, port: Number(new URL(adminUrl).port) } };
    await expect(
      startListeners(taken, { public: says('a'), admin: says('b') }),
    ).rejects.toMatchObject({
      code: 'start-refused',
      detail: expect.stringContaining('EADDRINUSE'),
    });
  } finally {
    await listeners.close();
  }
});

test('with a certificate it is https', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const directory = mkdtempSync(join(tmpdir(), 'listeners-'));
  const tls = { cert: join(directory, 'tls.crt'), key: join(directory, 'tls.key') };
  writeFileSync(tls.cert, cert);
  writeFileSync(tls.key, key);
  const listeners = await startListeners({ ...plain, tls }, { public: says('hi'), admin: null });
  try {
    expect(listeners.publicUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const status = await new Promise((resolve, reject) => {
      const options = { ca: cert, servername: 'localhost', checkServerIdentity: () => undefined };
      const outgoing = requestHttps(listeners.publicUrl, options, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      outgoing.on('error', reject).end();
    });
    expect(status).toBe(200);
  } finally {
    await listeners.close();
  }
});

test('closing lets a running request end and takes no other', async () => {
  let release: () => void = () => undefined;
  const running = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached: () => void = () => undefined;
  const began = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const listener: RequestListener = async (_request, response) => {
    reached();
    await running;
    response.end('done');
  };
  const listeners = await startListeners(plain, { public: listener, admin: null });
  const answer = rawRequest(listeners.publicUrl, '/');
  await began;
  const closed = listeners.close();
  await expect(rawRequest(listeners.publicUrl, '/')).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
  release();
  expect((await answer).body.toString()).toBe('done');
  await closed;
});
