import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findHostDefects } from '../../src/probe/find-host-defects.ts';
import type { Contact, Host } from '../../src/probe/host.ts';
import { type ProbeReport, probeClient } from '../../src/probe/probe-client.ts';
import { type ProbeRuleId, probeRules } from '../../src/probe/rules.ts';
import {
  createCertificate,
  startPlainSite,
  startSocketSite,
} from '../verifier/support/loopback-site.ts';
import { type Behaviour, credentialOf, type ProbedSite, startProbedSite } from './probed-site.ts';

const client = '/a/client.json';
const revocations = '/status/1r';
const page = '<!doctype html><title>Just a moment...</title>';
const seen = new Set<ProbeRuleId>();

let site: ProbedSite;

beforeAll(async () => {
  site = await startProbedSite();
});

afterAll(() => site[Symbol.asyncDispose]());

beforeEach(() => site.reset());

/** Ids of everything that was found, each with the path or origin it was found at. */
function found(report: ProbeReport, origin = site.origin): readonly string[] {
  const findings = [...report.hosts, ...report.documents].flatMap((place) => place.findings);
  for (const { id } of findings) seen.add(id);
  return [
    ...findings.map(({ id, at }) => `${id} ${at.replace(origin, '') || 'origin'}`),
    ...report.lint.map(({ id }) => id),
  ];
}

function probeSite(): Promise<ProbeReport> {
  return probeClient(site.clientId, { allowLoopback: true, ca: site.ca });
}

const refuse =
  (status: number, headers: Record<string, string> = {}, body = ''): Behaviour =>
  ({ response }) =>
    response.writeHead(status, headers).end(body);
const html = { 'content-type': 'text/html' };
const serve =
  (headers: Readonly<Record<string, string | undefined>>): Behaviour =>
  (exchange) =>
    exchange.serve(headers);

describe('papers in order', () => {
  it('give no finding, of whatever document', async () => {
    const report = await probeSite();
    expect(found(report)).toEqual([]);
    expect(report.outcome).toBe('fine');
    expect(report.documents.map(({ purpose, url }) => [purpose, url])).toEqual([
      ['client', site.clientId],
      ['jwks', report.documents[1]?.url],
      ['did', `${site.origin}/.well-known/did.json`],
      ['did', `${site.origin}/a/did.json`],
      ['bitstring-list', `${site.origin}/status/1r`],
      ['bitstring-list', `${site.origin}/status/1s`],
      ['token-list', `${site.origin}/token-status/1`],
    ]);
    expect(report.hosts).toMatchObject([
      {
        origin: site.origin,
        resolution: 'loopback',
        contacts: [
          {
            address: '127.0.0.1',
            failure: null,
            protocol: 'TLSv1.3',
            certificate: { daysLeft: 59, days: 62, chainTrusted: true, nameMatches: true },
          },
          { address: '::1' },
        ],
      },
    ]);
    const [{ answer, requests } = { answer: null, requests: [] }] = report.documents;
    expect(answer).toMatchObject({
      status: 200,
      contentType: 'application/json',
      encoding: 'identity',
      lifetimeS: 300,
      ageS: null,
      etag: 'strong',
      unshared: false,
    });
    expect(requests.map(({ name, ended }) => `${name} ${ended}`)).toEqual([
      'plain 200',
      'uncompressed 200',
      'head 200',
      'no-user-agent 200',
      'browser 200',
      'any-accept 200',
      'no-accept 200',
      'html-accept 200',
      'held-etag 304',
      'strange-etag 200',
      'again 200',
    ]);
  });

  it('may be compressed for those who ask for it', async () => {
    site.behave(client, (exchange) => {
      const { request, document } = exchange;
      const asked = request.headers['accept-encoding'] === 'gzip';
      if (!asked) exchange.serve({ vary: 'Accept-Encoding' });
      else
        exchange.serve(
          { 'content-encoding': 'gzip', vary: 'Accept-Encoding' },
          gzipSync(document.body),
        );
    });
    const report = await probeSite();
    expect(found(report)).toEqual([]);
    const [{ answer } = { answer: null }] = report.documents;
    expect(answer).toMatchObject({ encoding: 'gzip' });
    expect(answer?.wireBytes).toBeLessThan(Number(answer?.bytes));
  });
});

const rows: readonly (readonly [string, string, Behaviour, ProbeRuleId])[] = [
  ['a redirect', client, refuse(302, { location: '/b' }), 'probe.answer.redirect'],
  ['a page that is not there', client, refuse(404, html, page), 'probe.answer.status'],
  ['an error of the server', client, refuse(500), 'probe.answer.status'],
  ['a wall before the document', client, refuse(403, html, page), 'probe.answer.challenge'],
  ['a wall with status 200', client, refuse(200, html, page), 'probe.answer.challenge'],
  [
    'a wall known by its header',
    client,
    refuse(403, { 'cf-mitigated': 'challenge' }),
    'probe.answer.challenge',
  ],
  [
    'a wall that lets browsers through',
    client,
    (exchange) => {
      if (exchange.request.headers['user-agent']?.startsWith('Mozilla')) exchange.serve();
      else refuse(429, html, page)(exchange);
    },
    'probe.answer.challenge',
  ],
  [
    'another media type',
    client,
    serve({ 'content-type': 'text/plain' }),
    'probe.answer.content-type',
  ],
  ['no media type', client, serve({ 'content-type': undefined }), 'probe.answer.content-type'],
  [
    'a list as JSON',
    revocations,
    serve({ 'content-type': 'application/json' }),
    'probe.answer.content-type',
  ],
  ['a cookie', client, serve({ 'set-cookie': 'wall=1' }), 'probe.answer.cookie'],
  [
    'compression that nobody asked for',
    client,
    serve({ 'content-encoding': 'br' }),
    'probe.answer.encoding',
  ],
  [
    'compression that is broken',
    client,
    serve({ 'content-encoding': 'gzip' }),
    'probe.answer.encoding',
  ],
  [
    'compression for everybody',
    client,
    (exchange) => exchange.serve({ 'content-encoding': 'gzip' }, gzipSync(exchange.document.body)),
    'probe.answer.encoding',
  ],
  [
    'two megabytes',
    client,
    (exchange) => exchange.serve({}, new Uint8Array(2_000_000)),
    'probe.answer.size',
  ],
  [
    'a first answer that comes late',
    client,
    (exchange) => void setTimeout(() => exchange.serve(), exchange.count === 1 ? 2_600 : 0),
    'probe.answer.slow',
  ],
  ['no answer', client, () => undefined, 'probe.reach.unanswered'],
  ['a broken connection', client, ({ response }) => response.destroy(), 'probe.reach.unanswered'],
  [
    'octets that change with every request',
    client,
    ({ serve: answer, document, count }) =>
      answer({}, String(document.body).replace('{', `{"x-request":${count},`)),
    'probe.answer.unstable',
  ],
  [
    'a rate limit',
    client,
    (exchange) => (exchange.count > 9 ? refuse(429)(exchange) : exchange.serve()),
    'probe.reach.flaky',
  ],
  [
    'a refusal of those without a name',
    client,
    (exchange) =>
      exchange.request.headers['user-agent'] === undefined
        ? refuse(403)(exchange)
        : exchange.serve(),
    'probe.dependence.user-agent',
  ],
  [
    'a broken connection for those without a name',
    client,
    (exchange) =>
      exchange.request.headers['user-agent'] === undefined
        ? exchange.response.destroy()
        : exchange.serve(),
    'probe.dependence.user-agent',
  ],
  [
    'another document for browsers',
    client,
    (exchange) =>
      exchange.request.headers['user-agent']?.startsWith('Mozilla')
        ? exchange.serve({}, '{}')
        : exchange.serve(),
    'probe.dependence.user-agent',
  ],
  [
    'a refusal of those who take anything',
    client,
    (exchange) =>
      exchange.request.headers.accept === '*/*' ? refuse(406)(exchange) : exchange.serve(),
    'probe.dependence.accept',
  ],
  [
    'HTML for those who ask for it, unsaid',
    client,
    (exchange) => forHtml(exchange, () => exchange.serve(html, page)),
    'probe.dependence.accept',
  ],
  [
    'HTML for those who ask for it',
    client,
    (exchange) => {
      if (asksForHtml(exchange.request)) exchange.serve({ ...html, vary: 'Accept' }, page);
      else exchange.serve({ vary: 'Accept' });
    },
    'probe.dependence.negotiated',
  ],
  ['a Vary', client, serve({ vary: 'Accept-Encoding, Cookie' }), 'probe.dependence.vary'],
  [
    'no HEAD',
    client,
    (exchange) => (exchange.request.method === 'HEAD' ? refuse(405)(exchange) : exchange.serve()),
    'probe.head.differs',
  ],
  ['no-store', client, serve({ 'cache-control': 'no-store' }), 'probe.caching.no-store'],
  ['no lifetime', client, serve({ 'cache-control': undefined }), 'probe.caching.no-lifetime'],
  ['a week', client, serve({ 'cache-control': 'max-age=604800' }), 'probe.caching.long-lifetime'],
  [
    'a list for five minutes',
    revocations,
    serve({ 'cache-control': 'max-age=300' }),
    'probe.caching.long-lifetime',
  ],
  [
    'a list kept by a cache alone',
    revocations,
    serve({ 'cache-control': 'max-age=15, s-maxage=300' }),
    'probe.caching.long-lifetime',
  ],
  ['an answer past its time', client, serve({ age: '301' }), 'probe.caching.stale'],
  ['no ETag', client, serve({ etag: undefined }), 'probe.caching.no-etag'],
  ['a weak ETag', client, serve({ etag: 'W/"1"' }), 'probe.caching.weak-etag'],
  [
    'no 304',
    client,
    (exchange) => {
      delete exchange.request.headers['if-none-match'];
      exchange.serve();
    },
    'probe.caching.no-304',
  ],
  [
    'a 304 for everybody',
    client,
    (exchange) =>
      exchange.request.headers['if-none-match'] === undefined
        ? exchange.serve()
        : refuse(304)(exchange),
    'probe.caching.false-304',
  ],
];

function asksForHtml({ headers }: IncomingMessage): boolean {
  return headers.accept?.startsWith('text/html') === true;
}

function forHtml(exchange: Parameters<Behaviour>[0], answer: () => void): void {
  if (asksForHtml(exchange.request)) answer();
  else exchange.serve();
}

describe('each misbehaviour gives its finding, and no other', () => {
  it.each(rows)('%s', async (_, path, behaviour, id) => {
    site.behave(path, behaviour);
    const report = await probeSite();
    expect(found(report)).toEqual([`${id} ${path}`]);
    const unanswered = id === 'probe.reach.unanswered';
    const error = probeRules[id].severity === 'error';
    expect(report.outcome).toBe(unanswered ? 'unreachable' : error ? 'errors' : 'fine');
  });

  it('with what was seen, cut where it is long, and without the values of cookies', async () => {
    site.behave(
      client,
      refuse(302, { location: `/${'x'.repeat(5_000)}`, 'set-cookie': 'a=secret' }),
    );
    const { documents } = await probeSite();
    expect(documents[0]?.findings[0]?.evidence).toEqual({
      status: 302,
      location: `/${'x'.repeat(199)}`,
    });
    site.behave(client, serve({ 'set-cookie': 'session=secret; Path=/' }));
    const report = await probeSite();
    expect(report.documents[0]?.findings[0]?.evidence).toEqual({ cookie: 'session' });
    expect(JSON.stringify(report)).not.toContain('secret');
  });

  it('says that a browser would have been let in', async () => {
    site.behave(client, (exchange) => {
      if (exchange.request.headers['user-agent']?.startsWith('Mozilla')) exchange.serve();
      else refuse(403, html, page)(exchange);
    });
    const [{ findings } = { findings: [] }] = (await probeSite()).documents;
    expect(findings[0]?.evidence).toEqual({ status: 403, sign: 'HTML', browser: 200 });
    expect(site.asked).toEqual([`GET ${client}`, `GET ${client}`]);
  });
});

describe('documents that the papers name', () => {
  it('are found wanting where they are', async () => {
    site.behave('/.well-known/did.json', refuse(404));
    site.behave('/token-status/1', serve({ etag: undefined }));
    const jwks = new URL((await probeSite()).documents[1]?.url ?? '').pathname;
    site.behave(jwks, (exchange) => exchange.serve({}, `{"keys":[],"x":"${'y'.repeat(13_000)}"}`));
    const report = await probeSite();
    expect(found(report)).toEqual([
      `probe.answer.size ${jwks}`,
      'probe.answer.status /.well-known/did.json',
      'probe.caching.no-etag /token-status/1',
    ]);
    expect(report.outcome).toBe('errors');
  });

  it.each([
    ['an internal name', 'https://status.internal/1r', 'the host is an internal name'],
    [
      'a port of another protocol',
      'https://status.acme.com:5432/1r',
      'the port belongs to another',
    ],
  ])('are not dialled at %s', async (_, url, detail) => {
    site.put(client, ({ body }) => {
      const metadata = JSON.parse(String(body));
      const jwt = credentialOf(site.origin, site.clientId, [url]);
      return { body: JSON.stringify({ ...metadata, 'vc+jwt': jwt }) };
    });
    const report = await probeSite();
    expect(found(report)).toEqual([`probe.reach.blocked ${url}`]);
    expect(report.documents.at(-2)?.findings[0]?.evidence['detail']).toContain(detail);
    expect(report.outcome).toBe('errors');
  });

  it('are eight at most, each once', async () => {
    site.put(client, ({ body }) => {
      const lists = Array.from({ length: 6 }, (_, at) => `${site.origin}/status/${at % 5}x`);
      const jwt = credentialOf(site.origin, site.clientId, lists);
      return { body: JSON.stringify({ ...JSON.parse(String(body)), 'vc+jwt': jwt }) };
    });
    const { documents } = await probeSite();
    expect(documents).toHaveLength(9);
    expect(new Set(documents.map(({ url }) => url)).size).toBe(9);
  });
});

describe('a slow host', () => {
  it('is asked no further once the time is up, and what is left is listed', async () => {
    site.behave(client, (exchange) => void setTimeout(() => exchange.serve(), 400));
    const options = { allowLoopback: true, ca: site.ca, beginWithinMs: 200 };
    const report = await probeClient(site.clientId, options);
    expect(found(report)).toEqual([]);
    expect(site.asked).toEqual([`GET ${client}`]);
    expect(report.unchecked).toHaveLength(6);
    expect(report.unchecked[0]?.purpose).toBe('jwks');
  });
});

describe('what is wrong inside the document', () => {
  it('is said by the lint', async () => {
    site.put(client, ({ body }) => ({ body: String(body).replace('{', '{"client_secret":"x",') }));
    const report = await probeSite();
    expect(found(report)).toEqual(['cimd.secrets.client-secret']);
    expect(report.outcome).toBe('errors');
  });
});

/** A certificate whose second time, a UTCTime (X.690 §11.8), names the month 99. */
function withoutEnd(pem: string): string {
  const octets = Buffer.from(pem.replace(/-----.*?-----/g, ''), 'base64');
  const time = Buffer.from([0x17, 13]);
  const second = octets.indexOf(time, octets.indexOf(time) + 1);
  octets.write('99', second + 4, 'latin1');
  return `-----BEGIN CERTIFICATE-----\n${octets.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

describe('certificates', () => {
  const certificateOf = (from: number, to: number) =>
    generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
      notBeforeDate: new Date(Date.now() + from * 86_400_000),
      notAfterDate: new Date(Date.now() + to * 86_400_000),
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    });
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const;

  it.each([
    ['for another name', () => createCertificate('elsewhere.com', 60), {}, 'probe.tls.name'],
    ['that ran out', () => createCertificate('localhost', -1), {}, 'probe.tls.expired'],
    ['that has not begun', () => certificateOf(1, 90), {}, 'probe.tls.expired'],
    ['that runs out soon', () => certificateOf(-80, 5), {}, 'probe.tls.expires-soon'],
    ['of old TLS', () => createCertificate('localhost', 60), old, 'probe.tls.old-version'],
  ] as const)('%s', async (_, certificate, options, id) => {
    await using own = await startProbedSite(certificate(), options);
    const report = await probeClient(own.clientId, { allowLoopback: true, ca: own.ca });
    expect(found(report, own.origin)).toEqual([`${id} origin`]);
    const fine = id === 'probe.tls.expires-soon';
    expect(report.outcome).toBe(fine ? 'fine' : 'errors');
    // Over a connection that no reader would trust, nothing is asked.
    expect(own.asked.length > 0).toBe(fine);
  });

  it('of a few days are not late with a day to go', async () => {
    await using own = await startProbedSite(certificateOf(-4, 2));
    const report = await probeClient(own.clientId, { allowLoopback: true, ca: own.ca });
    expect(found(report, own.origin)).toEqual([]);
  });

  it('that ends in no month of the year', async () => {
    const made = await certificateOf(-1, 60);
    await using own = await startProbedSite(
      Promise.resolve({ ...made, cert: withoutEnd(made.cert) }),
    );
    const report = await probeClient(own.clientId, { allowLoopback: true, ca: own.ca });
    expect(found(report, own.origin)).toEqual(['probe.tls.failed origin']);
    expect(report.outcome).toBe('errors');
    expect(own.asked).toEqual([]);
  });

  it('by nobody who is trusted', async () => {
    const report = await probeClient(site.clientId, { allowLoopback: true });
    expect(found(report)).toEqual(['probe.tls.untrusted origin']);
    expect(report.hosts[0]?.findings[0]?.evidence).toEqual({
      fault: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(site.asked).toEqual([]);
  });

  it('that nobody shows', async () => {
    await using plain = await startPlainSite((_, response) => response.end('{}'));
    const url = `https://localhost:${plain.port}/a/client.json`;
    const report = await probeClient(url, { allowLoopback: true });
    expect(found(report, `https://localhost:${plain.port}`)).toEqual(['probe.tls.failed origin']);
    expect(report.outcome).toBe('errors');
  });

  it('that nobody shows in time', async () => {
    await using silent = await startSocketSite((socket) => socket.resume());
    const url = `https://localhost:${silent.port}/a/client.json`;
    const report = await probeClient(url, { allowLoopback: true });
    expect(found(report, `https://localhost:${silent.port}`)).toEqual([
      'probe.reach.unanswered origin',
    ]);
    expect(report.outcome).toBe('unreachable');
    await expect.poll(silent.open).toBe(0);
  });
});

describe('addresses', () => {
  const url = 'https://client.acme.com/a/client.json';
  const probe = (addresses: readonly string[]) =>
    probeClient(url, {
      allowLoopback: false,
      resolveHost: async () =>
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    });

  it.each([
    ['none', [], 'probe.address.unresolved'],
    ['a private one', ['10.0.0.1'], 'probe.address.not-public'],
    ['one of this machine', ['127.0.0.1'], 'probe.address.not-public'],
    ['a private one among public ones', ['93.184.216.34', 'fd00::1'], 'probe.address.not-public'],
  ] as const)('%s: nothing is dialled', async (_, addresses, id) => {
    const report = await probe(addresses);
    expect(found(report, 'https://client.acme.com')).toEqual([`${id} origin`]);
    expect(report.outcome).toBe('unreachable');
    expect(report.hosts[0]?.contacts).toEqual([]);
  });

  it('a name that nobody knows has none', async () => {
    const report = await probeClient(url, {
      allowLoopback: false,
      resolveHost: () => Promise.reject(new Error('ENOTFOUND')),
    });
    expect(found(report, 'https://client.acme.com')).toEqual(['probe.address.unresolved origin']);
  });

  it.each(['https://localhost/a', 'https://10.0.0.1/a', 'http://id.acme.com/a'])(
    '%s is not dialled at all',
    async (refused) => {
      const report = await probeClient(refused, { allowLoopback: false });
      expect(found(report, '')).toEqual([`probe.reach.blocked ${refused}`]);
      expect([report.outcome, report.hosts]).toEqual(['unreachable', []]);
    },
  );

  const reached = { protocol: 'TLSv1.3', certificate: null, failure: null };
  const silent = { protocol: null, certificate: null, failure: 'timeout' } as const;
  const v4 = { address: '93.184.216.34', family: 4 };
  const v6 = { address: '2606:2800::1', family: 6 };
  const host = (...contacts: readonly Contact[]): Host => ({
    origin: 'https://client.acme.com',
    loopback: false,
    resolution: 'public',
    addresses: contacts.map(({ address }) => address),
    contacts,
  });

  it.each([
    ['both answer', host({ ...v4, ...reached }, { ...v6, ...reached }), []],
    ['there is no IPv6', host({ ...v4, ...reached }), []],
    ['there is no IPv4', host({ ...v6, ...reached }), ['probe.address.ipv6-only']],
    [
      'IPv6 is silent',
      host({ ...v4, ...reached }, { ...v6, ...silent }),
      ['probe.address.unreachable'],
    ],
    [
      'IPv4 is refused',
      host({ ...v4, ...silent, failure: 'refused' }, { ...v6, ...reached }),
      ['probe.address.unreachable'],
    ],
    [
      'we have no IPv6 ourselves',
      host({ ...v4, ...reached }, { ...v6, ...silent, failure: 'unreachable' }),
      [],
    ],
    [
      'nobody answers',
      host({ ...v4, ...silent }, { ...v6, ...silent }),
      ['probe.reach.unanswered'],
    ],
  ])('of both families: %s', (_, seenHost, ids) => {
    const discovered = findHostDefects(seenHost).map(([id]) => id);
    for (const id of discovered) seen.add(id);
    expect(discovered).toEqual(ids);
  });
});

describe('the rules of the probe', () => {
  it('were all broken above', () => {
    const unbroken = Object.keys(probeRules).filter((id) => ![...seen].some((one) => one === id));
    expect(unbroken).toEqual([]);
  });

  it('stand in the page for readers, with their severity', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../docs/probe.md'), 'utf8');
    const listed = [...text.matchAll(/^\| `(probe\.[a-z0-9.-]+)` \| (\w+) \| (.*?) \|/gm)];
    expect(listed.map(([, id, severity, message]) => [id, severity, message])).toEqual(
      Object.entries(probeRules).map(([id, rule]) => [id, rule.severity, rule.message]),
    );
  });
});
