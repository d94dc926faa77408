import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Listeners, startListeners } from '../../src/http/listeners.ts';
import { createPublicPlane } from '../../src/http/public-plane.ts';
import { DocumentMemory } from '../../src/publication/document-memory.ts';
import type { DocumentMediaType, PublicDocument } from '../../src/publication/public-document.ts';
import { type RawRequest, rawRequest } from '../support/raw-request.ts';

const clientPath = '/a/billing-bot/client.json';
const octets = '{"client_id":"https://id.acme.com/a/billing-bot/client.json"}';
const tag = `"${createHash('sha256').update(octets).digest('base64url')}"`;

let listeners: Listeners;
let stored: Map<string, PublicDocument>;
let asked: string[];
let storeFails = false;
let now = new Date('2026-11-20T12:00:00Z');
let memory: DocumentMemory;

beforeAll(async () => {
  const documents = {
    peek: (path: string) => memory.peek(path),
    read: (path: string) => memory.read(path),
  };
  const plane = createPublicPlane({
    documents,
    clock: { now: () => now },
    hosts: new Set(['id.lab.com', 'id.lab.com:8443']),
    origin: 'https://id.acme.com',
    next: (_request, response) => response.writeHead(299, { 'X-Next': 'yes' }).end('next'),
  });
  const settings = {
    listen: { host: '127.0.0.1', port: 0 },
    adminListen: undefined,
    tls: undefined,
  };
  listeners = await startListeners(settings, { public: plane, admin: null });
});

afterAll(() => listeners.close());

beforeEach(() => {
  now = new Date('2026-11-20T12:00:00Z');
  storeFails = false;
  asked = [];
  stored = new Map();
  store(clientPath, octets);
  const reader = {
    find: async (path: string) => {
      asked.push(path);
      if (storeFails) throw new Error('the database is away');
      return stored.get(path) ?? null;
    },
    listNewer: async () => [],
    listVersions: async () => [],
  };
  memory = new DocumentMemory(reader, { maxBytes: 1_000_000 });
});

describe('a document', () => {
  test('is served octet for octet with the headers of the contract', async () => {
    const answer = await get(clientPath);
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe(octets);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '61',
      etag: tag,
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'ETag, Age',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=31536000',
    });
    for (const absent of ['vary', 'set-cookie', 'x-powered-by', 'server', 'location', 'link']) {
      expect(answer.headers).not.toHaveProperty(absent);
    }
  });

  test('is the same for everybody: nothing is negotiated', async () => {
    const plain = await get(clientPath);
    const headers = {
      Accept: 'text/html',
      'Accept-Encoding': 'gzip, br',
      'Accept-Language': 'fr',
      'User-Agent': '',
      Host: 'evil.example',
      Cookie: 'a=b',
      Origin: 'https://elsewhere.example',
      Range: 'bytes=0-3',
      'X-Forwarded-Host': 'evil.example',
    };
    const odd = await get(clientPath, { headers });
    expect(odd.status).toBe(200);
    expect(odd.body).toEqual(plain.body);
    expect(names(odd.rawHeaders)).toEqual(names(plain.rawHeaders));
  });

  test('answers HEAD with the headers of GET and no body', async () => {
    const [head, whole] = [await get(clientPath, { method: 'HEAD' }), await get(clientPath)];
    expect(head.status).toBe(200);
    expect(head.body).toHaveLength(0);
    expect({ ...head.headers, date: '' }).toEqual({ ...whole.headers, date: '' });
  });

  test('carries its link, and is read from the store once', async () => {
    store('/a/x/strict/client.json', '{}', { link: '<x/passport.jwt>; rel="describedby"' });
    const first = await get('/a/x/strict/client.json');
    await get('/a/x/strict/client.json');
    expect(first.headers['link']).toBe('<x/passport.jwt>; rel="describedby"');
    expect(first.headers['access-control-expose-headers']).toBe('ETag, Age, Link');
    const headers = { 'If-None-Match': String(first.headers.etag) };
    const confirmed = await get('/a/x/strict/client.json', { headers });
    expect([confirmed.status, confirmed.headers['link']]).toEqual([304, first.headers['link']]);
    expect(asked).toEqual(['/a/x/strict/client.json']);
  });

  test('in HTML forbids everything but its own style', async () => {
    store('/a/billing-bot', '<p>hi</p>', { mediaType: 'text/html; charset=utf-8' });
    const { headers } = await get('/a/billing-bot');
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(headers['referrer-policy']).toBe('no-referrer');
  });
});

describe('If-None-Match', () => {
  test.each([
    ['the tag itself', tag],
    ['a weak tag', `W/${tag}`],
    ['a list', `"other", W/"x" ,${tag}`],
    ['anything', '*'],
  ])('%s is answered 304 without a body', async (_, condition) => {
    const answer = await get(clientPath, { headers: { 'If-None-Match': condition } });
    expect(answer.status).toBe(304);
    expect(answer.body).toHaveLength(0);
    expect(answer.headers).toMatchObject({
      etag: tag,
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
    });
    expect(answer.headers).not.toHaveProperty('content-type');
  });

  test.each([
    ['another tag', '"other"'],
    ['a tag without quotes', tag.slice(1, -1)],
    ['nothing', ''],
    ['a malformed list', `"open, ${tag}`],
  ])('%s is answered in full', async (_, condition) => {
    const answer = await get(clientPath, { headers: { 'If-None-Match': condition } });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe(octets);
  });
});

describe('a host of its own', () => {
  const at = (host: string, target: string) => get(target, { headers: { host } });

  beforeEach(() => {
    store('//id.lab.com/a/billing-bot/client.json', 'of the lab');
    store('/problems/document-gone', 'gone', { mediaType: 'text/html; charset=utf-8' });
    store('/schemas/agent-authorization.v1.json', '{}', { mediaType: 'application/schema+json' });
    store('/schemas/clearance.v1.json', '{}', { mediaType: 'application/schema+json' });
  });

  test.each(['id.lab.com', 'ID.Lab.com'])('%s has documents of its own', async (host) => {
    for (const _ of ['from the store', 'from memory']) {
      const { status, body } = await at(host, clientPath);
      expect([status, body.toString()]).toEqual([200, 'of the lab']);
    }
    expect((await at(host, '/a/other/client.json')).status).toBe(404);
    expect((await at('id.lab.com:8443', clientPath)).status).toBe(404);
  });

  test.each(['id.acme.com', 'nobody.com', 'id.lab.com.', 'id.lab.com:443', 'id.lab.com/', ' '])(
    '%j stands for the own host of the installation',
    async (host) => {
      expect((await at(host, clientPath)).body.toString()).toBe(octets);
    },
  );

  test('shares what comes with the release, and nothing else', async () => {
    expect((await at('id.lab.com', '/problems/document-gone')).status).toBe(200);
    expect((await at('id.lab.com', '/schemas/agent-authorization.v1.json')).status).toBe(200);
    expect((await at('id.lab.com', '/schemas/clearance.v1.json')).status).toBe(404);
    expect((await at('id.acme.com', '/schemas/clearance.v1.json')).status).toBe(200);
  });

  test.each(['//id.lab.com/a/billing-bot/client.json', '//', '//a/billing-bot/client.json'])(
    'is no part of the target: %s goes on',
    async (target) => {
      memory.apply([...stored.values()]);
      expect((await at('id.acme.com', target)).status).toBe(299);
      expect((await at('id.lab.com', target)).status).toBe(299);
    },
  );
});

describe('methods', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'])('%s is refused', async (method) => {
    const answer = await get(clientPath, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS');
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'method-not-allowed' });
  });

  test('OPTIONS permits what any page may do anyway', async () => {
    const answer = await get(clientPath, { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-max-age': '86400',
    });
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });
});

describe('what is not there', () => {
  test.each([
    '/a/unknown/client.json',
    '/a/billing-bot/client.json?x=1',
    '/a/billing-bot/client.json?',
    '/a/billing-bot/client.json/',
    '/a/billing-bot//client.json',
    '/a/billing-bot/./client.json',
    '/a/x/../billing-bot/client.json',
    '/a/billing-bot/client%2Ejson',
    '/a/%62illing-bot/client.json',
    '/a/..%2f..%2fetc/passwd',
    '/a/%5c',
    '/a/%00',
    '/a/BILLING-BOT/client.json',
    '/.well-known/did.json',
    '/did.json?x',
    '/status/1r',
    '/token-status/1',
    '/schemas/x.v1.json',
    '/contexts/agent-v1.jsonld',
    '/problems/none',
    '/o/payments/a/x/client.json',
    `/a/${'x'.repeat(600)}`,
  ])('%s is 404, and nothing is tidied up', async (target) => {
    const answer = await get(target);
    expect(answer.status).toBe(404);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers).not.toHaveProperty('location');
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      type: 'https://id.acme.com/problems/document-not-found',
      status: 404,
      code: 'document-not-found',
    });
  });

  test('an odd path is not even looked up', async () => {
    await get('/a/%62illing-bot/client.json');
    await get('/a/billing-bot/client.json?x=1');
    await get(`/a/${'x'.repeat(600)}`);
    expect(asked).toEqual([]);
  });

  test('an inert callback page takes a query and ignores it', async () => {
    store('/a/billing-bot/callback', 'nothing', { mediaType: 'text/html; charset=utf-8' });
    store('/o/acme/a/bot/callback', 'nothing', { mediaType: 'text/html; charset=utf-8' });
    const answer = await get('/a/billing-bot/callback?code=SECRET&state=x%00');
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe('nothing');
    expect((await get('/o/acme/a/bot/callback?error=denied')).status).toBe(200);
    expect(asked).toEqual(['/a/billing-bot/callback', '/o/acme/a/bot/callback']);
  });

  test('a withdrawn document is 410', async () => {
    store(clientPath, '', { state: 'gone', version: 2 });
    const answer = await get(clientPath);
    expect(answer.status).toBe(410);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers).not.toHaveProperty('etag');
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'document-gone' });
  });

  test('an expired document is 503 from that very moment on, also for who holds it', async () => {
    const expiresAt = new Date('2026-11-20T12:15:00Z');
    store('/status/1r', 'jws', { mediaType: 'application/vc+jwt', expiresAt });
    now = new Date('2026-11-20T12:14:59.999Z');
    const fresh = await get('/status/1r');
    expect(fresh.status).toBe(200);
    now = expiresAt;
    const stale = await get('/status/1r', {
      headers: { 'If-None-Match': fresh.headers.etag ?? '' },
    });
    expect(stale.status).toBe(503);
    expect(stale.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(stale.body.toString())).toMatchObject({ code: 'document-expired' });
  });

  test('a store that fails is 503, never 404; what is in memory is served on', async () => {
    await get(clientPath);
    storeFails = true;
    expect((await get(clientPath)).status).toBe(200);
    const answer = await get('/a/other/client.json');
    expect(answer.status).toBe(503);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body.toString()).not.toContain('database is away');
  });
});

describe('what is not public', () => {
  test.each(['/api/v1/agents', '/healthz', '/', '/a', '/A/x', '//a/x', '/did.jsonx', '/%61/x'])(
    '%s is passed on',
    async (target) => {
      const answer = await get(target, { method: 'POST' });
      expect(answer.status).toBe(299);
      expect(asked).toEqual([]);
    },
  );

  test('goes nowhere on a listener for documents alone', async () => {
    const plane = createPublicPlane({
      documents: memory,
      clock: { now: () => now },
      origin: 'http://localhost:8787',
      next: null,
    });
    const settings = {
      listen: { host: '127.0.0.1', port: 0 },
      adminListen: undefined,
      tls: undefined,
    };
    const alone = await startListeners(settings, { public: plane, admin: null });
    try {
      const refused = await rawRequest(alone.publicUrl, '/api/v1/agents', { method: 'POST' });
      expect(refused.status).toBe(404);
      const served = await rawRequest(alone.publicUrl, clientPath);
      expect(served.status).toBe(200);
      expect(served.headers).not.toHaveProperty('strict-transport-security');
    } finally {
      await alone.close();
    }
  });
});

test('a newer version replaces an older one at once, and never the reverse', async () => {
  await get(clientPath);
  const older = documentAt(clientPath, 'older', { version: 1 });
  memory.apply([documentAt(clientPath, 'newer', { version: 2 })]);
  memory.apply([older]);
  expect((await get(clientPath)).body.toString()).toBe('newer');
});

function get(target: string, options: RawRequest = {}) {
  return rawRequest(listeners.publicUrl, target, options);
}

function names(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 0);
}

interface Change extends Partial<Omit<PublicDocument, 'mediaType'>> {
  readonly mediaType?: DocumentMediaType;
}

function store(path: string, text: string, change: Change = {}): void {
  stored.set(path, documentAt(path, text, change));
}

function documentAt(path: string, text: string, change: Change): PublicDocument {
  return {
    path,
    mediaType: 'application/json',
    body: new TextEncoder().encode(text),
    cacheControl: 'public, max-age=300',
    expiresAt: null,
    link: null,
    keepsVersions: true,
    state: 'live',
    version: 1,
    sha256: createHash('sha256').update(text).digest('base64url'),
    publishedAt: new Date('2026-11-20T11:00:00Z'),
    ...change,
  };
}
