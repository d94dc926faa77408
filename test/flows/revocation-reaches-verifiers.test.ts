import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../../src/demo/listen-https.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import { type CachingProxy, startCachingProxy } from '../support/caching-proxy.ts';
import { type ProxiedService, startProxiedService } from '../support/proxied-service.ts';
import { rawRequest } from '../support/raw-request.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const pollMs = 500;
const giveUpMs = 70_000;
/** Less than the 15 s for which a shared cache may hold a status list. */
const heldByOthersMs = 6_000;
const reason = { reason: 'INC-1' };

/** A registry as this test uses one, whatever stands before it. */
interface Registry {
  readonly url: string;
  readonly did: string;
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** An agent, and a verifier with default settings that is going to be asked about it. */
interface Acquaintance {
  readonly registry: Registry;
  readonly handle: string;
  readonly clientId: string;
  readonly verifier: Verifier;
}

let direct: RunningService;
let proxied: ProxiedService;
let registries: { readonly direct: Registry; readonly proxied: Registry };

beforeAll(async () => {
  [direct, proxied] = await Promise.all([startRunningService(), startProxiedService()]);
  registries = {
    direct: {
      url: direct.url,
      did: direct.service.organization.did,
      post: (path, body) => direct.call('POST', path, body),
    },
    proxied: {
      url: proxied.proxy.url,
      did: proxied.organization.did,
      post: proxied.post,
    },
  };
});

afterAll(async () => {
  await direct[Symbol.asyncDispose]();
  await proxied[Symbol.asyncDispose]();
});

async function introduce(registry: Registry, handle: string): Promise<Acquaintance> {
  const onboarded = await registry.post('/agents', {
    handle,
    kind: 'agent',
    name: 'Billing bot',
    owners: ['owner@acme.example'],
    keyCustody: 'registry',
  });
  expect(onboarded.status).toBe(201);
  const clientId = `${registry.url}/a/${handle}/client.json`;
  const verifier = createVerifier({
    fetch: guardedFetch({ allowLoopback: true }),
    policy: {
      mode: 'enforce',
      trust: [
        {
          issuer: registry.did,
          clientIds: [`${registry.url}/a/`],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    },
  });
  return { registry, handle, clientId, verifier };
}

/** Has the verifier read the agent's papers: the age of the status it accepted them by, in seconds. */
async function acquaint({ verifier, clientId }: Acquaintance): Promise<number> {
  const { outcome, report } = await verifier.verifyClient(clientId);
  expect(outcome).toBe('accepted');
  return Number(report.freshness.statusAgeS);
}

/** Retires the agent; the instant at which the registry said that it is done, in milliseconds. */
async function retire({ registry, handle }: Acquaintance): Promise<number> {
  expect((await registry.post(`/agents/${handle}/retire`, reason)).status).toBe(200);
  return Date.now();
}

/** Milliseconds from that instant to the first verdict that is not "accepted", and that verdict. */
async function feel({ verifier, clientId }: Acquaintance, retiredAt: number) {
  for (;;) {
    const { outcome, reason: why } = await verifier.verifyClient(clientId);
    const ms = Date.now() - retiredAt;
    if (outcome !== 'accepted' || ms > giveUpMs) return { ms, verdict: `${outcome} ${why}` };
    await sleep(pollMs);
  }
}

function listsOf({ url }: Registry): readonly string[] {
  return ['1r', '1s'].map((list) => `${url}/status/${list}`);
}

function keySetOf({ clientId }: Acquaintance): string {
  return clientId.replace(/client\.json$/, 'jwks.json');
}

/** Readers of the same lists elsewhere: on their account a shared cache always holds a copy. */
async function readLists(registry: Registry, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const url of listsOf(registry)) expect((await fetch(url)).status).toBe(200);
    await sleep(pollMs);
  }
}

function say(what: string, ms: number): void {
  console.info(`a revocation is felt ${what}: after ${(ms / 1_000).toFixed(1)} s`);
}

describe.concurrent('an agent that is retired', { timeout: giveUpMs + 20_000 }, () => {
  it('G-05 is refused within 60 s by a verifier that nobody told', async () => {
    const known = await introduce(registries.direct, 'untold-bot');
    await acquaint(known);
    const { ms, verdict } = await feel(known, await retire(known));
    say('untold', ms);
    expect(verdict).toBe('rejected status-revoked');
    expect(ms).toBeLessThan(60_000);
  });

  it('G-05 is refused within 60 s by a verifier behind a shared cache', async () => {
    const known = await introduce(registries.proxied, 'distant-bot');
    const readers = new AbortController();
    const reading = readLists(registries.proxied, readers.signal);
    await sleep(heldByOthersMs);
    // What the verifier knows came out of the shared cache, and had aged there.
    expect(await acquaint(known)).toBeGreaterThanOrEqual(heldByOthersMs / 1_000 - 1);
    const { ms, verdict } = await feel(known, await retire(known));
    readers.abort();
    await reading;
    say('untold, behind a shared cache', ms);
    expect(verdict).toBe('rejected status-revoked');
    expect(ms).toBeLessThan(60_000);
  });

  it('is refused within 1 s by a verifier that was told which documents changed', async () => {
    const known = await introduce(registries.direct, 'told-bot');
    await acquaint(known);
    const retiredAt = await retire(known);
    for (const url of [known.clientId, keySetOf(known), ...listsOf(known.registry)]) {
      known.verifier.invalidate(url);
    }
    const { ms, verdict } = await feel(known, retiredAt);
    say('told', ms);
    expect(verdict).toBe('rejected fetch-failed');
    expect(ms).toBeLessThan(1_000);
  });

  it('is refused within 1 s by a verifier that was told of the status lists alone', async () => {
    const known = await introduce(registries.direct, 'half-told-bot');
    await acquaint(known);
    const retiredAt = await retire(known);
    for (const url of listsOf(known.registry)) known.verifier.invalidate(url);
    const { ms, verdict } = await feel(known, retiredAt);
    say('told of the lists', ms);
    expect(verdict).toBe('rejected status-revoked');
    expect(ms).toBeLessThan(1_000);
  });
});

describe('the shared cache of these tests', () => {
  let origin: Server;
  let cache: CachingProxy;
  let asked: (string | undefined)[];
  let control: string;
  let status: number;
  let further: Record<string, string>;
  let nowMs: number;
  let lateMs: number;

  beforeEach(async () => {
    asked = [];
    control = 'public, max-age=15, must-revalidate';
    lateMs = 0;
    status = 200;
    further = {};
    nowMs = Date.parse('2026-11-20T12:00:00Z');
    origin = createServer((request, response) => {
      const { 'if-none-match': condition } = request.headers;
      asked.push(condition);
      const date = new Date(nowMs - lateMs).toUTCString();
      const headers = { etag: '"1"', 'cache-control': control, date, ...further };
      if (condition === '"1"') response.writeHead(304, headers).end();
      else response.writeHead(status, headers).end('octets');
    });
    cache = await startCachingProxy(await listenOnLoopback(origin), () => nowMs);
  });

  afterEach(async () => {
    await cache[Symbol.asyncDispose]();
    origin.closeAllConnections();
    origin.close();
  });

  const read = async (headers: Record<string, string> = {}) => {
    const answer = await rawRequest(cache.url, '/list', { headers });
    return { status: answer.status, age: answer.headers.age, body: answer.body.toString() };
  };
  const sources = () => cache.answers.map(({ from }) => from);

  it('reuses an answer for its max-age, says its age, and has an older one confirmed', async () => {
    expect(await read()).toEqual({ status: 200, age: '0', body: 'octets' });
    nowMs += 14_900;
    expect(await read()).toEqual({ status: 200, age: '14', body: 'octets' });
    nowMs += 100;
    expect(await read()).toEqual({ status: 200, age: '0', body: 'octets' });
    expect(sources()).toEqual(['origin', 'store', 'confirmed']);
    expect(asked).toEqual([undefined, '"1"']);
  });

  it('counts the time that an answer had been under way', async () => {
    nowMs += 2_000;
    lateMs = 2_000;
    expect((await read()).age).toBe('2');
    nowMs += 13_000;
    await read();
    expect(sources()).toEqual(['origin', 'confirmed']);
  });

  it('counts the age that a cache before it gave the answer', async () => {
    further = { age: '14' };
    expect((await read()).age).toBe('14');
    nowMs += 1_000;
    await read();
    expect(sources()).toEqual(['origin', 'confirmed']);
  });

  it('is a shared cache: s-maxage is for it', async () => {
    control = 'public, max-age=60, s-maxage=10';
    await read();
    nowMs += 10_000;
    await read();
    expect(sources()).toEqual(['origin', 'confirmed']);
  });

  it.each([404, 503])('keeps no answer with status %i', async (it) => {
    status = it;
    expect((await read()).status).toBe(it);
    await read();
    expect(sources()).toEqual(['origin', 'origin']);
  });

  it('goes back to the origin when the reader demands it', async () => {
    await read();
    await read({ 'cache-control': 'no-cache' });
    expect(sources()).toEqual(['origin', 'confirmed']);
  });

  it("answers the reader's condition by its own copy", async () => {
    await read();
    expect(await read({ 'if-none-match': '"1"' })).toMatchObject({ status: 304, body: '' });
    expect(sources()).toEqual(['origin', 'store']);
  });

  it.each(['no-store', 'private, max-age=60', 'public'])('keeps nothing that is %s', async (it) => {
    control = it;
    await read();
    await read();
    expect(sources()).toEqual(['origin', 'origin']);
  });

  it('keeps no answer to a request with credentials', async () => {
    await read({ authorization: 'Bearer x' });
    await read({ authorization: 'Bearer x' });
    expect(asked).toEqual([undefined, undefined]);
    expect(sources()).toEqual([]);
  });

  it('serves nothing stale when the origin is gone', async () => {
    await read();
    origin.closeAllConnections();
    origin.close();
    expect((await read()).status).toBe(200);
    nowMs += 15_000;
    expect((await read()).status).toBe(504);
  });
});
