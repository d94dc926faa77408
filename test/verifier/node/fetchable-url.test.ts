import { describe, expect, it } from 'vitest';
import { judgeUrl } from '../../../src/verifier/node/fetchable-url.ts';

describe('judgeUrl', () => {
  it.each([
    'https://id.acme.com/a/bot/client.json',
    'https://id.acme.com:8443/a/bot/client.json',
    'https://id.acme.com/jwks?set=1',
    'https://xn--bcher-kva.com/client.json',
  ])('lets %s through', (url) => {
    expect(judgeUrl(url, false)).toMatchObject({ ok: true, loopback: false });
  });

  it.each([
    'http://id.acme.com/client.json',
    'https://user@id.acme.com/client.json',
    'https://id.acme.com:443/client.json',
    'https://id.acme.com:22/client.json',
    'https://id.acme.com:25/client.json',
    'https://id.acme.com:6379/client.json',
    'https://id.acme.com:5432/client.json',
    'https://169.254.169.254/latest/meta-data',
    'https://[::ffff:7f00:1]/client.json',
    'https://0x7f000001/client.json',
    'https://intranet/client.json',
    'https://printer.local/client.json',
    'https://metadata.google.internal/computeMetadata',
    'https://nas.lan/client.json',
    'https://bot.test/client.json',
    'https://router.home.arpa/client.json',
    'https://id.acme.com./client.json',
    'https://localhost/client.json',
    'https://bot.localhost/client.json',
    'wss://id.acme.com/client.json',
  ])('refuses %s', (url) => {
    expect(judgeUrl(url, false)).toMatchObject({ ok: false });
  });

  it('lets loopback names through in development, on any port, in plain too', () => {
    expect(judgeUrl('http://localhost:8787/client.json', true)).toMatchObject({ loopback: true });
    expect(judgeUrl('https://id.localhost:22/client.json', true)).toMatchObject({ loopback: true });
  });

  it('does not let development reach further than loopback', () => {
    expect(judgeUrl('http://id.acme.com/client.json', true)).toMatchObject({ ok: false });
    expect(judgeUrl('https://10.0.0.1/client.json', true)).toMatchObject({ ok: false });
    expect(judgeUrl('http://127.0.0.1/client.json', true)).toMatchObject({ ok: false });
  });
});
