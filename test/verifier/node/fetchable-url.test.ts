import { describe, expect, it } from 'vitest';
import { judgeUrl } from '../../../src/verifier/node/fetchable-url.ts';

describe('judgeUrl', () => {
  it.each([
    'https://id.acme.com/a/bot/client.json',
    'https://id.acme.com:8443/a/bot/client.json',
    'https://id.acme.com/jwks?set=1',
    'https://xn--bcher-kva.com/client.json',
    'https://local.acme.com/client.json',
    'https://mylocalhost.com/client.json',
    'https://arpa.acme.com/client.json',
    'https://id.acmelan.com/client.json',
  ])('lets %s through', (url) => {
    expect(judgeUrl(url, false)).toMatchObject({ ok: true, loopback: false });
  });

  it.each([
    ['B-12 plain http', 'http://id.acme.com/client.json'],
    ['another scheme', 'wss://id.acme.com/client.json'],
    ['user information', 'https://user@id.acme.com/client.json'],
    ['a second spelling', 'https://id.acme.com:443/client.json'],
    ['B-12 the port of SSH', 'https://id.acme.com:22/client.json'],
    ['B-12 the port of SMTP', 'https://id.acme.com:25/client.json'],
    ['B-12 the port of http', 'https://id.acme.com:80/client.json'],
    ['B-12 the highest privileged port', 'https://id.acme.com:1023/client.json'],
    ['B-12 the port of Redis', 'https://id.acme.com:6379/client.json'],
    ['B-12 the port of PostgreSQL', 'https://id.acme.com:5432/client.json'],
    ['B-12 the port of SIP', 'https://id.acme.com:5060/client.json'],
    ['B-12 the port of IRC over TLS', 'https://id.acme.com:6679/client.json'],
    ['B-12 the port of etcd', 'https://id.acme.com:2379/client.json'],
    ['B-12 the port of a kubelet', 'https://id.acme.com:10250/client.json'],
    ['B-01 a loopback address', 'https://127.0.0.1/client.json'],
    ['B-01 a public address', 'https://1.1.1.1/client.json'],
    ['B-05 the address of the metadata', 'https://169.254.169.254/latest/meta-data'],
    ['B-05 the metadata of Alibaba', 'https://100.100.100.200/latest/meta-data'],
    ['B-05 the metadata of Google by name', 'https://metadata.google.internal/computeMetadata'],
    ['B-02 an address as one number', 'https://2130706433/client.json'],
    ['B-02 an address as a hexadecimal number', 'https://0x7f000001/client.json'],
    ['B-02 the metadata as a hexadecimal number', 'https://0xA9FEA9FE/client.json'],
    ['B-02 an address in octal', 'https://0177.0.0.1/client.json'],
    ['B-02 a short address', 'https://127.1/client.json'],
    ['B-02 nought', 'https://0/client.json'],
    ['B-03 ::1', 'https://[::1]/client.json'],
    ['B-03 the unspecified address', 'https://[::]/client.json'],
    ['B-03 a link-local address', 'https://[fe80::1]/client.json'],
    ['B-03 a unique local address', 'https://[fc00::1]/client.json'],
    ['B-03 the metadata of AWS', 'https://[fd00:ec2::254]/latest/meta-data'],
    ['B-03 a public address', 'https://[2606:4700:4700::1111]/client.json'],
    ['B-04 a mapped address', 'https://[::ffff:7f00:1]/client.json'],
    ['B-04 a mapped address in dots', 'https://[::ffff:127.0.0.1]/client.json'],
    ['B-04 a compatible address', 'https://[::127.0.0.1]/client.json'],
    ['B-13 a single label', 'https://intranet/client.json'],
    ['B-13 .local', 'https://printer.local/client.json'],
    ['B-13 .internal', 'https://x.internal/client.json'],
    ['B-13 .lan', 'https://nas.lan/client.json'],
    ['B-13 .test', 'https://bot.test/client.json'],
    ['B-13 .localdomain', 'https://bot.localdomain/client.json'],
    ['B-13 .home.arpa', 'https://router.home.arpa/client.json'],
    ['B-13 home.arpa itself', 'https://home.arpa/client.json'],
    ['B-13 .onion', 'https://a.onion/client.json'],
    ['B-13 .alt', 'https://a.alt/client.json'],
    ['B-13 a trailing dot', 'https://id.acme.com./client.json'],
    ['B-13 localhost', 'https://localhost/client.json'],
    ['B-13 a name below localhost', 'https://bot.localhost/client.json'],
    ['B-13 localhost with a dot', 'https://localhost./client.json'],
  ])('refuses %s: %s', (_what, url) => {
    expect(judgeUrl(url, false)).toMatchObject({ ok: false });
  });

  it('lets loopback names through in development, on any port, in plain too', () => {
    expect(judgeUrl('http://localhost:8787/client.json', true)).toMatchObject({ loopback: true });
    expect(judgeUrl('https://id.localhost:22/client.json', true)).toMatchObject({ loopback: true });
  });

  it('B-14 does not let development reach further than loopback', () => {
    expect(judgeUrl('http://id.acme.com/client.json', true)).toMatchObject({ ok: false });
    expect(judgeUrl('https://10.0.0.1/client.json', true)).toMatchObject({ ok: false });
    expect(judgeUrl('http://127.0.0.1/client.json', true)).toMatchObject({ ok: false });
    expect(judgeUrl('https://printer.local/client.json', true)).toMatchObject({ ok: false });
  });

  it.each([
    ['not a URL', 'the URL is not in its one canonical form'],
    ['https://id.acme.com', 'the URL is not in its one canonical form'],
    ['https://:secret@id.acme.com/', 'the URL is not in its one canonical form'],
    ['http://localhost:3000/', 'loopback hosts are read in development only'],
    ['ftp://id.acme.com/', 'only https is read'],
    ['https://192.0.2.1/', 'an address literal is never dialled'],
    ['https://[2001:db8::1]/', 'an address literal is never dialled'],
    ['https://intranet/', 'the host is an internal name'],
    ['https://id.acme.com:25/', 'the port belongs to another protocol'],
  ])('says of %s why it is refused', (url, detail) => {
    expect(judgeUrl(url, false)).toEqual({ ok: false, detail });
  });

  it('lets the first port through that needs no privilege', () => {
    expect(judgeUrl('https://id.acme.com:1024/', false)).toMatchObject({ ok: true });
  });

  it('knows no scheme for a loopback host but https and http', () => {
    expect(judgeUrl('ftp://localhost/', true)).toEqual({ ok: false, detail: 'only https is read' });
  });
});
