import { describe, expect, it } from 'vitest';
import { createAsk } from '../../src/probe/exchange.ts';
import { startLoopbackSite, startSocketSite } from '../verifier/support/loopback-site.ts';

const question = { method: 'GET', headers: { accept: '*/*' } } as const;
const soon = (ms = 5_000) => Date.now() + ms;

describe('a question of the probe', () => {
  it('is not asked of an address that is not public, whatever name leads there', async () => {
    await using site = await startLoopbackSite((_, response) => response.end('{}'));
    const ask = createAsk({
      allowLoopback: false,
      ca: site.ca,
      resolveHost: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    expect(await ask(`https://client.acme.com:${site.port}/c`, question, soon())).toMatchObject({
      ok: false,
      cause: 'blocked',
      detail: 'the name leads to an address that is not public',
    });
    expect(site.connections()).toBe(0);
  });

  it('sends what is asked for, and nothing of its own', async () => {
    const sent: string[] = [];
    await using site = await startLoopbackSite((request, response) => {
      sent.push(...Object.keys(request.headers));
      response.end('{}');
    });
    const ask = createAsk({ allowLoopback: true, ca: site.ca, resolveHost: async () => [] });
    const answer = await ask(`${site.origin}/c`, question, soon());
    expect(answer).toMatchObject({ ok: true, status: 200, wireBytes: 2, cut: false });
    expect(sent.sort()).toEqual(['accept', 'connection', 'host']);
  });

  it('is not asked over a connection that cannot be trusted', async () => {
    await using site = await startLoopbackSite((_, response) => response.end('{}'));
    const ask = createAsk({ allowLoopback: true, ca: undefined, resolveHost: async () => [] });
    expect(await ask(`${site.origin}/c`, question, soon())).toMatchObject({
      ok: false,
      cause: 'failed',
      detail: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  it('is over at its deadline, also when the answer drips', async () => {
    await using site = await startSocketSite((socket) => {
      const drip = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(drip));
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
    });
    const ask = createAsk({ allowLoopback: true, ca: undefined, resolveHost: async () => [] });
    const answer = await ask(`${site.origin}/c`, question, soon(300));
    expect(answer).toMatchObject({ ok: false, cause: 'timeout' });
    expect(answer.ms).toBeLessThan(2_000);
    await expect.poll(site.open).toBe(0);
  });

  it('has no answer from what speaks no HTTP', async () => {
    await using site = await startSocketSite((socket) => socket.write('220 ready\r\n'));
    const ask = createAsk({ allowLoopback: true, ca: undefined, resolveHost: async () => [] });
    expect(await ask(`${site.origin}/c`, question, soon())).toMatchObject({
      ok: false,
      cause: 'failed',
    });
  });
});
