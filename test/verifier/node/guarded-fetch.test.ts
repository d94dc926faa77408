import diagnostics from 'node:diagnostics_channel';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { GuardedFetchOptions } from '../../../src/verifier/node/index.ts';
import { guardedFetch } from '../../../src/verifier/node/index.ts';
import type { FetchOptions } from '../../../src/verifier/ports.ts';
import { createCertificate, startLoopbackSite, startPlainSite } from '../support/loopback-site.ts';

const asking = (changes: Partial<FetchOptions> = {}): FetchOptions => ({
  accept: 'application/json',
  maxBytes: 5_120,
  deadline: Date.now() + 5_000,
  ...changes,
});

const loopbackFor = async () => [{ address: '127.0.0.1', family: 4 }];
const soon = () => Date.now() + 20_000;

async function start(listener: RequestListener, options: GuardedFetchOptions = {}) {
  const site = await startLoopbackSite(listener);
  const fetch = guardedFetch({ allowLoopback: true, ca: site.ca, environment: {}, ...options });
  return { site, fetch };
}

describe('guardedFetch and the request', () => {
  it('B-20 sends nothing about who asks, and nothing that it was given to send back', async () => {
    const { site, fetch } = await start((request, response) => {
      response.setHeader('set-cookie', 'who=you; Path=/');
      response.setHeader('www-authenticate', 'Basic realm="a"');
      response.end(JSON.stringify([request.method, request.headers]));
    });
    await using _site = site;
    const asked = { ifNoneMatch: '"1"', revalidate: true };
    await fetch(`${site.origin}/doc`, asking(asked));
    const outcome = await fetch(`${site.origin}/doc`, asking(asked));
    const [method, headers] = outcome.ok
      ? JSON.parse(new TextDecoder().decode(outcome.response.body))
      : [];
    expect(method).toBe('GET');
    expect(headers).toEqual({
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': 'sealwright-verifier',
      'if-none-match': '"1"',
      'cache-control': 'no-cache',
      host: `localhost:${site.port}`,
      connection: 'keep-alive',
    });
  });

  it('uses one connection for one request after the other, 304 and 404 included', async () => {
    const statuses = [200, 304, 404, 200];
    const { site, fetch } = await start((_, response) => {
      response.writeHead(statuses.shift() ?? 500).end();
    });
    await using _site = site;
    for (const status of [200, 304, 404, 200]) {
      const outcome = await fetch(`${site.origin}/doc`, asking({ ifNoneMatch: '"1"' }));
      expect(outcome).toMatchObject({ ok: true, response: { status } });
    }
    expect(site.connections()).toBe(1);
  });

  it('B-22 opens at most four connections to one host', async () => {
    const { site, fetch } = await start((_, response) => {
      setTimeout(() => response.end('{}'), 10);
    });
    await using _site = site;
    const questions = Array.from({ length: 40 }, () => fetch(`${site.origin}/doc`, asking()));
    const outcomes = await Promise.all(questions);
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(site.connections()).toBe(4);
  });

  it('is not held up by connections that lie idle to many other hosts', async () => {
    const { site, fetch } = await start((_, response) => response.end('{}'));
    await using _site = site;
    for (let host = 0; host < 70; host += 1) {
      const url = `https://h${host}.hosts.localhost:${site.port}/doc`;
      expect(await fetch(url, asking({ deadline: Date.now() + 2_000 }))).toMatchObject({
        ok: true,
      });
    }
    expect(site.connections()).toBe(70);
  });

  it('keeps at most 256 connections that lie idle', async () => {
    const patient = { keepAliveTimeout: 60_000 };
    await using site = await startLoopbackSite((_, r) => r.end('{}'), undefined, patient);
    const fetch = guardedFetch({ allowLoopback: true, ca: site.ca, environment: {} });
    const urls = Array.from({ length: 300 }, (_, at) => `https://h${at}.hosts.localhost`);
    const reads = urls.map((url) => fetch(`${url}:${site.port}/doc`, asking({ deadline: soon() })));
    expect((await Promise.all(reads)).every(({ ok }) => ok)).toBe(true);
    await expect.poll(site.open).toBeLessThanOrEqual(256);
    expect(site.open()).toBeGreaterThan(200);
  });

  it('does not take a busy moment of its own for a dead host', async () => {
    const { site, fetch } = await start((_, response) => response.end('{}'));
    await using _site = site;
    const outcome = fetch(`${site.origin}/doc`, asking());
    setImmediate(() => {
      const until = performance.now() + 400;
      while (performance.now() < until);
    });
    expect(await outcome).toMatchObject({ ok: true });
  });

  it('B-16 asks no proxy that the environment names', async () => {
    let relayed = 0;
    await using proxy = await startPlainSite((_, response) => {
      relayed += 1;
      response.end('{}');
    });
    const variables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY'];
    const before = { ...process.env };
    for (const variable of variables) process.env[variable] = proxy.origin;
    Object.assign(process.env, { NODE_USE_ENV_PROXY: '1', NO_PROXY: '' });
    try {
      const { site, fetch } = await start((_, response) => response.end('{}'));
      await using _site = site;
      expect(await fetch(`${site.origin}/doc`, asking())).toMatchObject({ ok: true });
      expect(site.connections()).toBe(1);
    } finally {
      for (const variable of [...variables, 'NODE_USE_ENV_PROXY', 'NO_PROXY']) {
        if (before[variable] === undefined) delete process.env[variable];
        else process.env[variable] = before[variable];
      }
    }
    expect([relayed, proxy.connections()]).toEqual([0, 0]);
  });
});

describe('guardedFetch and the address', () => {
  it.each([
    ['B-07 private', [{ address: '10.0.0.5', family: 4 }]],
    ['B-07 loopback', [{ address: '127.0.0.1', family: 4 }]],
    ['B-05 the cloud’s metadata', [{ address: '169.254.169.254', family: 4 }]],
    ['B-04 a mapped address', [{ address: '::ffff:127.0.0.1', family: 6 }]],
    ['B-07 what is no address', [{ address: 'localhost', family: 4 }]],
    [
      'B-09 one good and one bad',
      [
        { address: '1.1.1.1', family: 4 },
        { address: '::1', family: 6 },
      ],
    ],
    [
      'B-09 one bad and one good',
      [
        { address: '127.0.0.1', family: 4 },
        { address: '2606:4700:4700::1111', family: 6 },
      ],
    ],
    ['none at all', []],
  ])('refuses a name that leads to %s, before any connection', async (_name, addresses) => {
    const { site, fetch } = await start((_, response) => response.end('{}'), {
      resolveHost: async () => addresses,
    });
    await using _site = site;
    const outcome = await fetch(`https://id.acme.com:${site.port}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'blocked' });
    expect(site.connections()).toBe(0);
  });

  it('B-08 asks the resolver once for a connection', async () => {
    const answers = [[{ address: '10.0.0.5', family: 4 }], [{ address: '1.1.1.1', family: 4 }]];
    let asked = 0;
    const fetch = guardedFetch({
      environment: {},
      resolveHost: async () => answers[asked++] ?? [],
    });
    const outcome = await fetch('https://id.acme.com/doc', asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'blocked' });
    expect(asked).toBe(1);
  });

  it('B-18 fails when the name does not resolve, within the deadline when nobody answers', async () => {
    const missing = guardedFetch({
      environment: {},
      resolveHost: () => Promise.reject(new Error('ENOTFOUND')),
    });
    const silent = guardedFetch({ environment: {}, resolveHost: () => new Promise(() => {}) });
    const url = 'https://id.acme.com/doc';
    expect(await missing(url, asking())).toMatchObject({ ok: false, failure: 'failed' });
    const deadline = Date.now() + 100;
    expect(await silent(url, asking({ deadline }))).toMatchObject({ failure: 'timeout' });
  });

  it('B-14 reads loopback only when told to', async () => {
    const { site } = await start((_, response) => response.end('{}'));
    await using _site = site;
    const fetch = guardedFetch({ ca: site.ca, environment: {} });
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'blocked' });
    expect(site.connections()).toBe(0);
  });

  it.each([
    'B-01 https://127.0.0.1',
    'B-02 https://2130706433',
    'B-02 https://0x7f000001',
    'B-02 https://0177.0.0.1',
    'B-02 https://127.1',
    'B-03 https://[::1]',
    'B-04 https://[::ffff:127.0.0.1]',
    'B-04 https://[::ffff:7f00:1]',
  ])('%s is not dialled, in development neither', async (row) => {
    const { site, fetch } = await start((_, response) => response.end('{}'));
    await using _site = site;
    const outcome = await fetch(`${row.slice('B-01 '.length)}:${site.port}/c`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'blocked' });
    expect(site.connections()).toBe(0);
  });
});

describe('guardedFetch and what the process does to everybody else', () => {
  it('B-15 is a guard whatever there is in the place of fetch and of the global agents', async () => {
    const { site, fetch } = await start((_, response) => response.end('{}'));
    await using _site = site;
    const dispatcher = Symbol.for('undici.globalDispatcher.1');
    const before = [globalThis.fetch, http.globalAgent, https.globalAgent] as const;
    const held = Reflect.get(globalThis, dispatcher);
    const versions = Object.getOwnPropertyDescriptor(process, 'versions');
    const unreachable = () => expect.unreachable();
    const foreign = { dispatch: unreachable };
    try {
      Object.defineProperty(process, 'versions', { value: { undici: '99.0.0' } });
      Object.assign(globalThis, { fetch: unreachable, [dispatcher]: foreign });
      http.globalAgent = Object.assign(new http.Agent(), { createConnection: unreachable });
      https.globalAgent = Object.assign(new https.Agent(), { createConnection: unreachable });
      expect(await fetch(`${site.origin}/doc`, asking())).toMatchObject({ ok: true });
      const guarded = guardedFetch({ environment: {}, resolveHost: loopbackFor });
      const outcome = await guarded('https://id.acme.com/doc', asking());
      expect(outcome).toMatchObject({ ok: false, failure: 'blocked' });
    } finally {
      Object.defineProperty(process, 'versions', versions ?? {});
      Object.assign(globalThis, { fetch: before[0], [dispatcher]: held });
      [, http.globalAgent, https.globalAgent] = before;
    }
  });

  it.each([
    ['goes past the resolver hook', {}, 'blocked'],
    ['does not say where it leads', { remoteAddress: undefined }, 'failed'],
  ])('B-15, B-08: asks nothing of a connection that %s', async (_what, hidden, failure) => {
    let asked = 0;
    const certificate = await createCertificate('id.acme.com');
    await using site = await startLoopbackSite((_, response) => {
      asked += 1;
      response.end('{}');
    }, certificate);
    const agent = https.Agent.prototype as unknown as { createConnection: unknown };
    const before = agent.createConnection;
    const fetch = guardedFetch({ ca: site.ca, environment: {} });
    agent.createConnection = (options: tls.ConnectionOptions) => {
      const direct = { host: '127.0.0.1', servername: 'id.acme.com', lookup: undefined };
      const socket = tls.connect({ ...options, ...direct });
      for (const [name, value] of Object.entries(hidden)) {
        Object.defineProperty(socket, name, { value });
      }
      return socket;
    };
    try {
      const outcome = await fetch(`https://id.acme.com:${site.port}/doc`, asking());
      expect(outcome).toMatchObject({ ok: false, failure });
    } finally {
      agent.createConnection = before;
    }
    expect(site.connections()).toBe(1);
    expect(asked).toBe(0);
  });

  it('C-14 parses by the letter, however lenient the process is told to be', async () => {
    const lenient: unknown[] = [];
    const note = (published: unknown) => {
      const { request } = published as { readonly request: object };
      lenient.push(Reflect.get(request, 'insecureHTTPParser'));
    };
    const { site, fetch } = await start((_, response) => response.end('{}'));
    await using _site = site;
    diagnostics.subscribe('http.client.request.start', note);
    try {
      await fetch(`${site.origin}/doc`, asking());
    } finally {
      diagnostics.unsubscribe('http.client.request.start', note);
    }
    expect(lenient).toEqual([false]);
  });
});

describe('guardedFetch and what it says of a failure', () => {
  it('B-21 is the same for every state of the other side', async () => {
    const silentCertificate = await createCertificate('elsewhere.com');
    await using untrusted = await startLoopbackSite((_, r) => r.end('{}'), silentCertificate);
    await using closing = await startPlainSite((request) => request.socket.destroy());
    const resolveHost = () => Promise.reject(new Error('getaddrinfo ENOTFOUND id.acme.com'));
    const fetch = guardedFetch({ allowLoopback: true, environment: {}, resolveHost });
    const outcomes = [
      await fetch('https://localhost:1/doc', asking()),
      await fetch(`${untrusted.origin}/doc`, asking()),
      await fetch(`${closing.origin}/doc`, asking()),
      await fetch('https://id.acme.com/doc', asking()),
    ];
    const detail = 'no answer over a connection that can be trusted';
    for (const outcome of outcomes) {
      expect(outcome).toEqual({ ok: false, failure: 'failed', detail });
    }
  });

  it.each([
    ['B-21 a redirect', 302, { location: 'https://10.0.0.5/secret-place' }],
    ['B-21 another encoding', 200, { 'content-encoding': 'secret-coding' }],
    ['B-21 too much', 200, { 'content-length': '777777' }],
    ['B-21 a part', 200, { 'content-range': 'bytes 777777-777778/9' }],
  ])('%s is told by its class', async (_what, status, headers) => {
    await using site = await startPlainSite((_, response) => {
      response.writeHead(status, headers).write('secret-body');
    });
    const fetch = guardedFetch({ allowLoopback: true, environment: {} });
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(Object.keys(outcome)).toEqual(['ok', 'failure', 'detail']);
    expect(JSON.stringify(outcome)).not.toMatch(/secret|777777|302|127\.0\.0\.1|10\.0\.0\.5/);
  });
});

describe('guardedFetch and its options', () => {
  it.each([
    { allowLoopback: 'no' },
    { allowLocalhost: true },
    { ca: 7 },
    { ca: [Buffer.from('')] },
    { resolveHost: 'dns' },
    { limits: { total: 0 } },
    { limits: { total: 1.5 } },
    { limits: { perHost: 0 } },
    { limits: { perHost: '4' } },
    { limits: { waiting: -1 } },
    { limits: { waiting: Number.POSITIVE_INFINITY } },
    { limits: { total: Number.NaN } },
    { limits: { perName: 4 } },
  ])('B-22 throws for %j', (options) => {
    const wrong = options as unknown as GuardedFetchOptions;
    expect(() => guardedFetch(wrong)).toThrow(TypeError);
  });

  it('B-22 takes the least that there can be', () => {
    const limits = { total: 1, perHost: 1, waiting: 0 };
    expect(guardedFetch({ limits, environment: {} }).allowLoopback).toBe(false);
  });
});

describe('guardedFetch in production', () => {
  it('B-14 refuses to be built with loopback allowed', () => {
    const environment = { NODE_ENV: 'production' };
    expect(() => guardedFetch({ allowLoopback: true, environment })).toThrow(TypeError);
    expect(guardedFetch({ environment }).allowLoopback).toBe(false);
  });

  it('reads NODE_ENV of the process unless told otherwise', () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      expect(() => guardedFetch({ allowLoopback: true })).toThrow(TypeError);
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });
});
