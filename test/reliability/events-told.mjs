#!/usr/bin/env node
/**
 * How soon others are told, and whether anything is lost when the service is killed meanwhile: a webhook
 * and a push stream lead to a receiver on loopback; credentials are revoked one after the other, and the
 * time from the answer to the arrival of the event is taken. With --kills the service gets SIGKILL in
 * the middle of a burst of revocations, and is started again; every revocation that the lists show must
 * then be told, and none as two different events.
 *
 *   node test/reliability/events-told.mjs [--events 200] [--kills 5] [--burst 40] [--maxP99Ms 1000]
 */
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../../scripts/free-port.mjs';

const main = resolve(import.meta.dirname, '../../dist/main.js');
const writers = 4;
/** Beyond the lease of a killed process, and its first look. */
const settleMs = 60_000;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200' },
    kills: { type: 'string', default: '5' },
    burst: { type: 'string', default: '40' },
    maxP99Ms: { type: 'string', default: '1000' },
  },
});
const [events, kills, burst] = [values.events, values.kills, values.burst].map(Number);

const receiver = await startReceiver();
const world = await createWorld();
try {
  await startService(world);
  await prepare();
  const latency = await measureLatency();
  const { told, lost, changed, repeated } = await killWhileTelling();
  const figures = { events, ...latency, kills, told, lost, changed, repeated };
  console.log(JSON.stringify(figures));
  const isMissed = latency.p99Ms > Number(values.maxP99Ms) || lost > 0 || changed > 0;
  process.exitCode = isMissed ? 1 : 0;
} finally {
  world.child?.kill('SIGKILL');
  receiver.server.closeAllConnections();
  receiver.server.close();
  rmSync(world.dataDir, { recursive: true, force: true });
}

/** A receiver that keeps, for each credential, when it was told, and by which ids and texts. */
async function startReceiver() {
  const arrived = { hook: new Map(), stream: new Map() };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      take(arrived, request, Buffer.concat(chunks).toString());
      response.writeHead(202).end();
    });
  }).listen(0, 'localhost');
  await once(server, 'listening');
  return { server, arrived, origin: `http://localhost:${server.address().port}` };
}

function take(arrived, request, body) {
  const isHook = request.url === '/hook';
  const message = isHook ? JSON.parse(body) : claimsOf(body);
  const id = isHook ? message.subject : message.txn;
  const told = isHook ? arrived.hook : arrived.stream;
  const before = told.get(id);
  const key = isHook ? message.id : message.jti;
  if (before === undefined) told.set(id, { at: performance.now(), keys: new Set([key]), times: 1 });
  else {
    before.keys.add(key);
    before.times += 1;
  }
  if (isHook) arrived.hook.get(id).event = message.id;
}

function claimsOf(jwt) {
  return JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url').toString());
}

async function createWorld() {
  const dataDir = mkdtempSync(join(tmpdir(), 'sealwright-told-'));
  // Run as root, the database belongs to an unprivileged user who must be able to pass through.
  chmodSync(dataDir, 0o711);
  const port = await freePort();
  const token = `swt_${randomBytes(32).toString('base64url')}`;
  return { dataDir, port, token, url: `http://localhost:${port}`, child: undefined };
}

async function startService(world) {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      SEALWRIGHT_URL: world.url,
      SEALWRIGHT_LISTEN: `127.0.0.1:${world.port}`,
      SEALWRIGHT_DATA_DIR: world.dataDir,
      SEALWRIGHT_ADMIN_TOKEN: world.token,
      SEALWRIGHT_LOG_LEVEL: 'warn',
    },
    // Its log goes where figures do not.
    stdio: ['ignore', 2, 'inherit'],
  });
  world.child = child;
  for (let tries = 0; tries < 3_000 && child.exitCode === null; tries += 1) {
    const ready = await fetch(`${world.url}/readyz`).catch(() => undefined);
    if (ready?.status === 200) return;
    await sleep(20);
  }
  throw new Error('The service did not become ready.');
}

async function call(method, path, body) {
  const response = await fetch(`${world.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

async function make(path, body) {
  const made = await call('POST', path, body);
  if (made.status !== 201) throw new Error(`${path}: ${JSON.stringify(made)}`);
  return made.body;
}

async function prepare() {
  const owners = ['owner@acme.example'];
  const agent = { handle: 'bot', kind: 'agent', name: 'Bot', owners, keyCustody: 'registry' };
  await make('/agents', agent);
  await make('/webhooks', { url: `${receiver.origin}/hook`, events: ['credential.revoked'] });
  await make('/ssf/streams', {
    delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: `${receiver.origin}/events` },
  });
}

async function issue() {
  const repository = 'https://acme.example/bot';
  const software = { name: 'bot', version: '1.0.0', repository, commit: 'a'.repeat(40) };
  const order = { type: 'provenance', reason: 'drill', claims: { software } };
  return (await make('/agents/bot/credentials', order)).id;
}

async function revoke(id) {
  return (await call('POST', `/credentials/${id}/revoke`, { reason: 'drill' })).status === 200;
}

/** Milliseconds from the answer to the arrival over the stream; 0 for what arrived before it. */
async function measureLatency() {
  const waits = [];
  for (let count = 0; count < events; count += 1) {
    const id = await issue();
    if (!(await revoke(id))) throw new Error('A revocation failed.');
    const answeredAt = performance.now();
    const at = await arrivalOf(id);
    waits.push(Math.max(0, at - answeredAt));
  }
  waits.sort((one, other) => one - other);
  const quantile = (part) =>
    round(waits[Math.min(waits.length - 1, Math.ceil(waits.length * part) - 1)]);
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: quantile(1) };
}

/** When both had been told of a credential: the stream names the audit record, the webhook both. */
async function arrivalOf(id) {
  const until = performance.now() + settleMs;
  while (performance.now() < until) {
    const hook = receiver.arrived.hook.get(id);
    const stream = receiver.arrived.stream.get(hook?.event);
    if (stream !== undefined) return Math.max(hook.at, stream.at);
    await sleep(1);
  }
  throw new Error(`${id} was not told within ${settleMs} ms.`);
}

async function killWhileTelling() {
  const acknowledged = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const victims = [];
    for (let count = 0; count < burst; count += 1) victims.push(await issue());
    const after = randomInt(1, burst);
    let done = 0;
    const work = Array.from({ length: writers }, async () => {
      for (let id = victims.pop(); id !== undefined; id = victims.pop()) {
        if (await revoke(id).catch(() => false)) acknowledged.push(id);
        done += 1;
      }
    });
    while (done < after) await sleep(1);
    await sleep(randomInt(0, 15));
    const gone = once(world.child, 'exit');
    world.child.kill('SIGKILL');
    await gone;
    await Promise.all(work);
    await startService(world);
  }
  let lost = 0;
  for (const id of acknowledged) await arrivalOf(id).catch(() => (lost += 1));
  const all = [...receiver.arrived.stream.values()];
  // One event of one record over one stream: whatever was sent twice had the same id.
  const changed = all.filter(({ keys }) => keys.size > 1).length;
  const repeated = all.filter(({ times }) => times > 1).length;
  return { told: acknowledged.length, lost, changed, repeated };
}

function round(ms) {
  return Math.round(ms * 10) / 10;
}
