import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createEventReceiver,
  createVerifier,
  followTransmitter,
} from '../../src/verifier/index.ts';
import { guardedFetch, guardedPost } from '../../src/verifier/node/index.ts';
import type { TrustPolicy, Verifier } from '../../src/verifier/ports.ts';
import type { Report } from '../../src/verifier/verdict.ts';
import { type CachingProxy, startCachingProxy } from '../support/caching-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { freePort } from '../support/running-service.ts';

const dist = resolve(import.meta.dirname, '../../dist');
const folder = mkdtempSync(join(tmpdir(), 'sw-events-'));
const operatorToken = `swt_${randomBytes(32).toString('base64url')}`;
const sidecarToken = 'sidecar-token-of-the-tests-0123456789';
const pushToken = 'token-of-the-pushed-stream-0123456789';
/** Less than the 15 s for which the cache in front holds a status list. */
const heldByOthersMs = 12_000;
const loopback = { allowLoopback: true } as const;

type Json = Readonly<Record<string, unknown>>;
type Question = { readonly client_id: string } | { readonly jwt: string };

/** Somebody who gives verdicts. */
interface Judge {
  readonly name: string;
  ask(question: Question): Promise<Report>;
}

interface Started {
  readonly child: ChildProcess;
  said(): string;
}

const children: ChildProcess[] = [];
const closers: (() => Promise<unknown>)[] = [];
let database: TestDatabase;
let proxy: CachingProxy;
let address: string;
let issuer: string;
/** The sidecar that polls, the one that is pushed to, and the library. */
let told: readonly (Judge & { metrics?: () => Promise<string> })[];

beforeAll(async () => {
  chmodSync(folder, 0o755);
  database = await createTestDatabase();
  const port = await freePort();
  address = `http://127.0.0.1:${port}`;
  proxy = await startCachingProxy(port);
  const registry = run('main.js', [], {
    SEALWRIGHT_URL: proxy.url,
    SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
    SEALWRIGHT_DATA_DIR: join(folder, 'registry'),
    SEALWRIGHT_ADMIN_TOKEN: operatorToken,
    DATABASE_URL: database.connectionString,
  });
  await vi.waitUntil(() => registry.said().includes('"ready"'), { timeout: 30_000 });
  issuer = String((await call('GET', '/organization'))['did']);
  const { token } = await call('POST', '/tokens', { name: 'AS', scopes: ['verify'] });
  told = [
    await serve('polled', { delivery: 'poll' }, String(token)),
    await servePushed(String(token)),
    await followInProcess(String(token)),
  ];
}, 120_000);

afterAll(async () => {
  for (const close of closers) await close();
  // The registry was started first, and is stopped last.
  for (const child of children.toReversed()) {
    if (child.exitCode === null) child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
  await proxy?.[Symbol.asyncDispose]();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

function run(program: string, words: readonly string[], env: Record<string, string>): Started {
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env } };
  const child = spawn(process.execPath, [join(dist, program), ...words], options);
  children.push(child);
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  }
  return { child, said: () => Buffer.concat(chunks).toString() };
}

async function send(url: string, method: string, body: object | undefined, token: string) {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(response.status, text).toBeLessThan(300);
  return text === '' ? {} : JSON.parse(text);
}

function call(method: string, path: string, body?: object, token = operatorToken): Promise<Json> {
  return send(`${address}/api/v1${path}`, method, body, token);
}

function trust(): TrustPolicy {
  const credentialTypes = ['AgentAuthorizationCredential', 'AgentAllowedActionsCredential'];
  return {
    mode: 'enforce',
    trust: [{ issuer, clientIds: [`${proxy.url}/a/`], credentialTypes }],
  };
}

/** A sidecar in a process of its own, once events come to it. */
async function serve(name: string, source: object, eventsToken: string, port = 0) {
  const policy = join(folder, `${name}.yaml`);
  const events = [{ transmitter: proxy.url, ...source }];
  writeFileSync(policy, JSON.stringify({ ...trust(), events }));
  const words = ['verifier', 'serve', '--allow-loopback', '--policy', policy];
  const { said } = run('cli/cli.js', [...words, '--listen', `127.0.0.1:${port}`], {
    SEALWRIGHT_SIDECAR_TOKEN: sidecarToken,
    SEALWRIGHT_EVENTS_TOKEN: eventsToken,
  });
  const listening = /listening on (\S+),/;
  await vi.waitUntil(() => listening.test(said()), { timeout: 20_000 });
  const [, url = ''] = listening.exec(said()) ?? [];
  return {
    name,
    url,
    ask: (question: Question): Promise<Report> =>
      send(`${url}/api/v1/verify`, 'POST', question, sidecarToken),
    isUp: async () => {
      const { events: states } = await send(`${url}/readyz`, 'GET', undefined, sidecarToken);
      return states[0].state;
    },
    metrics: async () => {
      const headers = { authorization: `Bearer ${sidecarToken}` };
      return (await fetch(`${url}/metrics`, { headers })).text();
    },
  };
}

/** The stream is made first: the sidecar is told what its tokens are addressed to. */
async function servePushed(token: string) {
  const port = await freePort();
  const delivery = {
    method: 'urn:ietf:rfc:8935',
    endpoint_url: `http://localhost:${port}/ssf/events`,
    authorization_header: `Bearer ${pushToken}`,
  };
  const { stream_id, aud } = await call('POST', '/ssf/streams', { delivery }, token);
  expect(aud).toBe(`urn:sealwright:stream:${stream_id}`);
  const sidecar = await serve('pushed', { delivery: 'push', audience: aud }, pushToken, port);
  expect(await sidecar.isUp()).toBe('unproved');
  await call('POST', '/ssf/verification', { stream_id, state: 'are you there' }, token);
  return sidecar;
}

async function followInProcess(token: string): Promise<Judge> {
  const fetched = guardedFetch(loopback);
  const verifier = createVerifier({ fetch: fetched, policy: trust() });
  const transmitters = [{ issuer: proxy.url }];
  const stream = followTransmitter({
    receiver: createEventReceiver(verifier, { fetch: fetched, transmitters }),
    ...{ issuer: proxy.url, fetch: fetched, call: guardedPost(loopback) },
    ...{ token: () => token, name: 'library' },
  });
  closers.push(() => stream.close({ remove: true }));
  await vi.waitUntil(() => stream.state.phase === 'up', { timeout: 20_000 });
  return judgeOf('library', verifier);
}

function judgeOf(name: string, verifier: Verifier): Judge {
  const verdict = (question: Question) =>
    'jwt' in question
      ? verifier.verifyCredential(question.jwt)
      : verifier.verifyClient(question.client_id);
  return { name, ask: async (question) => (await verdict(question)).report };
}

interface Known {
  readonly handle: string;
  readonly client: { readonly client_id: string };
  readonly facetId: string;
  readonly facet: { readonly jwt: string };
}

async function introduce(handle: string): Promise<Known> {
  const owners = ['owner@acme.example'];
  const agent = { handle, kind: 'agent', name: handle, owners, keyCustody: 'registry' };
  const { clientId } = await call('POST', '/agents', agent);
  const claims = { actions: [{ action: 'read', resource: 'logs' }] };
  const order = { type: 'allowed-actions', claims, reason: 'CHG-1' };
  const { id, jwt } = await call('POST', `/agents/${handle}/credentials`, order);
  const client = { client_id: String(clientId) };
  return { handle, client, facetId: String(id), facet: { jwt: String(jwt) } };
}

const outcomeOf = ({ reason, outcome }: Report): string => reason ?? outcome;

/**
 * Has everybody read what the question is about, makes the change, and waits until those who are told
 * answer differently. One who is told nothing still answers as before: it was the event, and no copy
 * that ran out meanwhile.
 */
async function expectTold(
  question: Question,
  order: {
    readonly was: string;
    readonly becomes: string;
    readonly change: () => Promise<unknown>;
  },
): Promise<void> {
  const untold = judgeOf(
    'untold',
    createVerifier({ fetch: guardedFetch(loopback), policy: trust() }),
  );
  // One list in the cache is as old as the other, so that none runs out while this goes on.
  for (const list of ['1r', '1s']) await fetch(`${proxy.url}/status/${list}`, noCache);
  for (const judge of [...told, untold]) {
    expect(outcomeOf(await judge.ask(question)), judge.name).toBe(order.was);
  }
  const since = performance.now();
  await order.change();
  await Promise.all(
    told.map((judge) =>
      expect
        .poll(async () => outcomeOf(await judge.ask(question)), {
          ...{ timeout: heldByOthersMs, interval: 20 },
          message: judge.name,
        })
        .toBe(order.becomes),
    ),
  );
  const ms = performance.now() - since;
  // Before a client is refused its document is read again, told or not.
  if (order.was === 'accepted' || 'jwt' in question) {
    expect(outcomeOf(await untold.ask(question)), 'untold').toBe(order.was);
  }
  console.info(`told of "${order.becomes}" within ${Math.round(ms)} ms`);
}

const noCache = { headers: { 'cache-control': 'no-cache' } };

describe('a registry tells two sidecars and the library, by poll and by push', () => {
  it('that events come, before there are any others', async () => {
    for (const sidecar of told.slice(0, 2)) {
      await expect
        .poll(async () => sidecar.metrics?.(), { timeout: 20_000 })
        .toContain('result="received",reason="verification"} 1');
    }
    const environment = { SEALWRIGHT_SERVER: address, SEALWRIGHT_TOKEN: operatorToken };
    const { out } = await runRecorded(['stream', 'list'], { env: environment });
    expect(out).toMatch(/enabled +poll +sealwright verifier at /);
    expect(out).toMatch(/enabled +poll +library/);
    expect(out).toMatch(/enabled +push/);
  });

  it('that a credential is revoked', async () => {
    const { facet, facetId } = await introduce('revoked-bot');
    await expectTold(facet, {
      ...{ was: 'accepted', becomes: 'status-revoked' },
      change: () => call('POST', `/credentials/${facetId}/revoke`, { reason: 'INC-1' }),
    });
    for (const sidecar of told.slice(0, 2)) {
      expect(await sidecar.metrics?.()).toMatch(/result="received",reason="dropped"\} [1-9]/);
      expect(await sidecar.metrics?.()).not.toMatch(/result="(refused|postponed)"/);
    }
  });

  it('that a credential is suspended, and that it is in force again', async () => {
    const { facet, facetId } = await introduce('paused-bot');
    const change = (verb: string) => () =>
      call('POST', `/credentials/${facetId}/${verb}`, { reason: 'INC-2' });
    const suspended = 'status-suspended';
    await expectTold(facet, { was: 'accepted', becomes: suspended, change: change('suspend') });
    await expectTold(facet, { was: suspended, becomes: 'accepted', change: change('resume') });
  });

  it('that an agent is suspended, and that it is resumed', async () => {
    const { client, handle } = await introduce('halted-bot');
    const change = (verb: string) => () =>
      call('POST', `/agents/${handle}/${verb}`, { reason: 'INC-3' });
    const suspended = 'status-suspended';
    await expectTold(client, { was: 'accepted', becomes: suspended, change: change('suspend') });
    await expectTold(client, { was: suspended, becomes: 'accepted', change: change('resume') });
  });

  it('that the key of an agent is given up, and of its new papers', async () => {
    const { client, handle } = await introduce('leaky-bot');
    const former = await passportOf(client.client_id);
    const { keys } = await call('GET', `/agents/${handle}/keys`);
    const [{ kid }] = keys as [{ kid: string }];
    await expectTold(
      { jwt: former },
      {
        ...{ was: 'accepted', becomes: 'status-revoked' },
        change: () => call('POST', `/agents/${handle}/keys/${kid}/compromise`, { reason: 'INC-4' }),
      },
    );
    for (const judge of told) {
      const { outcome, claims } = await judge.ask(client);
      expect(outcome, judge.name).toBe('accepted');
      expect(JSON.stringify(claims), judge.name).not.toContain(kid);
    }
  });

  it('that the key of the issuer is given up, and of the papers under the new one', async () => {
    const { client, facet } = await introduce('reissued-bot');
    const { data: keys } = await call('GET', '/organization/keys');
    const active = (keys as { id: string; state: string }[]).find(
      ({ state }) => state === 'active',
    );
    const order = { action: 'compromise', key: active?.id, reason: 'INC-5' };
    await expectTold(facet, {
      ...{ was: 'accepted', becomes: 'key-not-found' },
      change: () => call('POST', '/organization/keys', order),
    });
    for (const judge of told) {
      const asked = async () => outcomeOf(await judge.ask(client));
      await expect
        .poll(asked, { timeout: heldByOthersMs, interval: 50, message: judge.name })
        .toBe('accepted');
    }
  });

  it('of a revocation still, once events are signed by another key', async () => {
    const { facet, facetId } = await introduce('signed-anew-bot');
    const { kid } = await call('POST', '/organization/event-keys', { action: 'rotate' });
    expect(kid).toMatch(/^[A-Za-z0-9_-]{43}$/);
    // Receivers read the keys again at most every ten seconds: from now on they may at once.
    await sleep(10_500);
    await expectTold(facet, {
      ...{ was: 'accepted', becomes: 'status-revoked' },
      change: () => call('POST', `/credentials/${facetId}/revoke`, { reason: 'INC-6' }),
    });
  }, 60_000);

  it('and a sidecar that polled takes its stream away when it stops', async () => {
    const [, polled] = children;
    const streams = () => call('GET', '/ssf/streams');
    expect(JSON.stringify(await streams())).toContain('sealwright verifier at');
    polled?.kill('SIGTERM');
    await vi.waitUntil(() => polled?.exitCode === 0, { timeout: 15_000 });
    expect(JSON.stringify(await streams())).not.toContain('sealwright verifier at');
  });
});

async function passportOf(clientId: string): Promise<string> {
  return String((await (await fetch(clientId, noCache)).json())['vc+jwt']);
}
