import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { GuardedFetchOptions } from '../../../src/verifier/node/index.ts';
import { guardedFetch } from '../../../src/verifier/node/index.ts';
import type { FetchOptions } from '../../../src/verifier/ports.ts';
import { createCertificate, startLoopbackSite, startSocketSite } from '../support/loopback-site.ts';

const asking = (changes: Partial<FetchOptions> = {}): FetchOptions => ({
  accept: 'application/json',
  maxBytes: 5_120,
  deadline: Date.now() + 5_000,
  ...changes,
});

const create = (options: GuardedFetchOptions = {}) =>
  guardedFetch({ allowLoopback: true, environment: {}, ...options });

/** Runs some work while a variable of the process has another value. */
async function withVariable(name: string, value: string, work: () => Promise<void>): Promise<void> {
  const before = process.env[name];
  process.env[name] = value;
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}

describe('guardedFetch and certificates', () => {
  it('B-17 reads from who has one that it was told to trust', async () => {
    await using site = await startLoopbackSite((_, response) => response.end('{}'));
    const outcome = await create({ ca: [site.ca] })(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: true, response: { status: 200 } });
  });

  it('B-17 refuses one by nobody it trusts, whatever the environment allows', async () => {
    let asked = 0;
    await using site = await startLoopbackSite((_, response) => {
      asked += 1;
      response.end('{}');
    });
    await withVariable('NODE_TLS_REJECT_UNAUTHORIZED', '0', async () => {
      const outcome = await create()(`${site.origin}/doc`, asking());
      expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
    });
    expect(asked).toBe(0);
  });

  it.each([
    ['B-17 for another host', createCertificate('elsewhere.com')],
    ['B-17 that ran out', createCertificate('localhost', -1)],
  ])('refuses one %s', async (_name, certificate) => {
    let asked = 0;
    await using site = await startLoopbackSite(
      (_, response) => {
        asked += 1;
        response.end('{}');
      },
      await certificate,
    );
    const outcome = await create({ ca: site.ca })(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
    expect(asked).toBe(0);
  });

  it('B-17 speaks no TLS older than 1.2, although the process does', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const;
    await using site = await startLoopbackSite((_, r) => r.end('{}'), undefined, old);
    const { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS } = tls;
    try {
      tls.DEFAULT_MIN_VERSION = 'TLSv1';
      tls.DEFAULT_CIPHERS = 'ALL@SECLEVEL=0';
      const ca = site.ca;
      const loose = tls.connect({
        port: site.port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca,
      });
      const version = await new Promise((resolve, reject) => {
        loose.once('secureConnect', () => resolve(loose.getProtocol()));
        loose.once('error', reject);
      });
      loose.destroy();
      expect(version).toBe('TLSv1.1');
      const outcome = await create({ ca })(`${site.origin}/doc`, asking());
      expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
    } finally {
      Object.assign(tls, { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS });
    }
  });

  it('B-17 refuses to be built where production asks for no certificates', () => {
    const variables = { NODE_ENV: 'production', NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    expect(() => guardedFetch({ environment: variables })).toThrow(
      'guardedFetch: NODE_TLS_REJECT_UNAUTHORIZED=0 is refused when NODE_ENV is production',
    );
    for (const environment of [
      { ...variables, NODE_TLS_REJECT_UNAUTHORIZED: '1' },
      { ...variables, NODE_TLS_REJECT_UNAUTHORIZED: undefined },
      { ...variables, NODE_ENV: 'development' },
    ]) {
      expect(guardedFetch({ environment }).allowLoopback).toBe(false);
    }
  });

  it('B-17 reads both variables of the process unless told otherwise', async () => {
    await withVariable('NODE_TLS_REJECT_UNAUTHORIZED', '0', () =>
      withVariable('NODE_ENV', 'production', async () => {
        expect(() => guardedFetch()).toThrow(TypeError);
      }),
    );
  });

  it('B-18 is over in time although nobody shakes hands', { retry: 2 }, async () => {
    await using site = await startSocketSite((socket) => socket.resume());
    const deadline = Date.now() + 300;
    const outcome = await create()(`https://localhost:${site.port}/doc`, asking({ deadline }));
    expect(outcome).toMatchObject({ ok: false, failure: 'timeout' });
    expect(Date.now()).toBeLessThan(deadline + 200);
    await expect.poll(site.open).toBe(0);
  });
});
