import type { RequestListener } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { GuardedFetchOptions } from '../../../src/verifier/node/index.ts';
import { guardedFetch } from '../../../src/verifier/node/index.ts';
import type { FetchOptions } from '../../../src/verifier/ports.ts';
import { createCertificate, startLoopbackSite } from '../support/loopback-site.ts';

const asking = (changes: Partial<FetchOptions> = {}): FetchOptions => ({
  accept: 'application/json',
  maxBytes: 5_120,
  deadline: Date.now() + 5_000,
  ...changes,
});

async function start(listener: RequestListener, options: GuardedFetchOptions = {}) {
  const site = await startLoopbackSite(listener);
  const fetch = guardedFetch({ allowLoopback: true, ca: site.ca, environment: {}, ...options });
  return { site, fetch };
}

describe('guardedFetch and the body', () => {
  it('decompresses gzip', async () => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}'));
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome.ok && new TextDecoder().decode(outcome.response.body)).toBe('{"a":1}');
  });

  it('cuts a decompression bomb at the cap', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    expect(bomb.byteLength).toBeLessThan(5_120);
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'too-large' });
  });

  it('cuts a body that never ends', async () => {
    let written = 0;
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(16_384);
      const write = () => {
        while (!response.destroyed && response.write(chunk)) {
          written += chunk.byteLength;
        }
      };
      response.on('drain', write);
      write();
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'too-large' });
    expect(written).toBeLessThan(8_000_000);
  });

  it('does not read what declares to be too large', async () => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-length': '6000' }).flushHeaders();
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'too-large' });
  });

  it.each(['br', 'deflate', 'zstd', 'gzip, gzip'])(
    'refuses content encoding %s',
    async (encoding) => {
      const { site, fetch } = await start((_, response) => {
        response.writeHead(200, { 'content-encoding': encoding }).end(brotliCompressSync('{}'));
      });
      await using _site = site;
      const outcome = await fetch(`${site.origin}/doc`, asking());
      expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
    },
  );

  it.each([
    ['cut short', gzipSync('{"a":1}').subarray(0, 12)],
    ['that is none', Buffer.from('{"a":1}')],
  ])('refuses gzip %s', async (_name, body) => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
  });

  it('refuses a body that ends before its declared end', async () => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":');
      setTimeout(() => response.destroy(), 20);
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
  });

  it('refuses a part that was not asked for', async () => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-range': 'bytes 0-1/9' }).end('{}');
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
  });

  it('is over at the deadline although bytes keep trickling in', async () => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    });
    await using _site = site;
    const startedAt = Date.now();
    const outcome = await fetch(`${site.origin}/doc`, asking({ deadline: startedAt + 300 }));
    expect(outcome).toMatchObject({ ok: false, failure: 'timeout' });
    expect(Date.now() - startedAt).toBeLessThan(800);
  });
});

describe('guardedFetch and the request', () => {
  it('sends nothing about who asks', async () => {
    const { site, fetch } = await start((request, response) => {
      response.end(JSON.stringify(request.headers));
    });
    await using _site = site;
    const outcome = await fetch(
      `${site.origin}/doc`,
      asking({ ifNoneMatch: '"1"', revalidate: true }),
    );
    const headers = outcome.ok ? JSON.parse(new TextDecoder().decode(outcome.response.body)) : {};
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

  it('opens at most eight connections to one host', async () => {
    const { site, fetch } = await start((_, response) => {
      setTimeout(() => response.end('{}'), 10);
    });
    await using _site = site;
    const questions = Array.from({ length: 40 }, () => fetch(`${site.origin}/doc`, asking()));
    const outcomes = await Promise.all(questions);
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(site.connections()).toBe(8);
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

  it('asks no proxy that the environment names', async () => {
    const before = process.env['HTTPS_PROXY'];
    process.env['HTTPS_PROXY'] = 'http://localhost:9';
    try {
      const { site, fetch } = await start((_, response) => response.end('{}'));
      await using _site = site;
      expect(await fetch(`${site.origin}/doc`, asking())).toMatchObject({ ok: true });
    } finally {
      if (before === undefined) delete process.env['HTTPS_PROXY'];
      else process.env['HTTPS_PROXY'] = before;
    }
  });
});

describe('guardedFetch and the address', () => {
  it.each([
    ['private', [{ address: '10.0.0.5', family: 4 }]],
    ['loopback', [{ address: '127.0.0.1', family: 4 }]],
    ['the cloud’s metadata', [{ address: '169.254.169.254', family: 4 }]],
    [
      'one good and one bad',
      [
        { address: '1.1.1.1', family: 4 },
        { address: '::1', family: 6 },
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

  it('asks the resolver once per connection, and dials what it was told', async () => {
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

  it('fails when the name does not resolve, within the deadline when nobody answers', async () => {
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

  it('reads loopback only when told to', async () => {
    const { site } = await start((_, response) => response.end('{}'));
    await using _site = site;
    const fetch = guardedFetch({ ca: site.ca, environment: {} });
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'blocked' });
    expect(site.connections()).toBe(0);
  });

  it('says nothing of addresses when a connection is refused', async () => {
    const fetch = guardedFetch({ allowLoopback: true, environment: {} });
    const outcome = await fetch('https://localhost:1/doc', asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
    expect(outcome.ok || outcome.detail).not.toMatch(/127\.0\.0\.1|::1/);
  });
});

describe('guardedFetch and certificates', () => {
  it('refuses one by nobody it trusts, whatever the environment allows', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const { site } = await start((_, response) => response.end('{}'));
      await using _site = site;
      const fetch = guardedFetch({ allowLoopback: true, environment: {} });
      const outcome = await fetch(`${site.origin}/doc`, asking());
      expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it.each([
    ['for another host', createCertificate('elsewhere.com')],
    ['that ran out', createCertificate('localhost', -1)],
  ])('refuses one %s', async (_name, certificate) => {
    const site = await startLoopbackSite((_, response) => response.end('{}'), await certificate);
    await using _site = site;
    const fetch = guardedFetch({ allowLoopback: true, ca: site.ca, environment: {} });
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
  });
});

describe('guardedFetch and its options', () => {
  it.each([{ allowLoopback: 'no' }, { allowLocalhost: true }])('throws for %j', (options) => {
    const wrong = options as unknown as GuardedFetchOptions;
    expect(() => guardedFetch(wrong)).toThrow(TypeError);
  });
});

describe('guardedFetch in production', () => {
  it('refuses to be built with loopback allowed', () => {
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
