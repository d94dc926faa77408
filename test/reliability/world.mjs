/** What the drills share: a built service of one's own, its API, its command line, its lists. */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import { freePort } from '../../scripts/free-port.mjs';

const dist = resolve(import.meta.dirname, '../../dist');
const readyDeadlineMs = 60_000;

/** A place for a service: data and audit apart, as on two volumes. */
export async function createWorld() {
  const place = mkdtempSync(join(tmpdir(), 'sealwright-drill-'));
  // Run as root, the database belongs to an unprivileged user who must be able to pass through.
  chmodSync(place, 0o711);
  const port = await freePort();
  return {
    place,
    dataDir: join(place, 'data'),
    auditDir: join(place, 'audit'),
    port,
    token: `swt_${randomBytes(32).toString('base64url')}`,
    url: `http://localhost:${port}`,
    environment: {},
    wrapper: [],
    child: undefined,
  };
}

export function removeWorld(world) {
  const postmaster = postmasterPid(world);
  world.child?.kill('SIGKILL');
  // A server whose service was killed goes on writing until it notices.
  if (postmaster !== undefined) endNow(postmaster);
  rmSync(world.place, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function endNow(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

export function environmentOf(world) {
  return {
    PATH: process.env.PATH,
    SEALWRIGHT_URL: world.url,
    SEALWRIGHT_LISTEN: `127.0.0.1:${world.port}`,
    SEALWRIGHT_DATA_DIR: world.dataDir,
    SEALWRIGHT_AUDIT_DIR: world.auditDir,
    SEALWRIGHT_ADMIN_TOKEN: world.token,
    SEALWRIGHT_LOG_LEVEL: 'warn',
    SEALWRIGHT_RATE_LIMIT: 'off',
    ...world.environment,
  };
}

/** Starts the service and waits until it is ready; rejects with what it said when it is not. */
export async function startService(world, { untilReady = true } = {}) {
  const began = performance.now();
  const [program, ...words] = [...world.wrapper, process.execPath, join(dist, 'main.js')];
  const child = spawn(program, words, {
    env: environmentOf(world),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  world.child = child;
  world.output = [];
  child.stdout.on('data', (chunk) => world.output.push(chunk));
  child.stderr.on('data', (chunk) => world.output.push(chunk));
  while (performance.now() - began < readyDeadlineMs) {
    if (child.exitCode !== null) break;
    const ready = await fetch(`${world.url}/readyz`).catch(() => undefined);
    if (ready?.status === 200 || (!untilReady && ready !== undefined)) {
      return { child, readyMs: Math.round(performance.now() - began) };
    }
    await sleep(20);
  }
  const said = Buffer.concat(world.output).toString();
  throw Object.assign(new Error(`The service did not become ready:\n${said}`), { said });
}

export async function stopService(world) {
  const { child } = world;
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

export async function killService(world) {
  const { child } = world;
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Calls the API; rejects when nothing was answered. */
export async function call(world, method, path, body, key) {
  const response = await fetch(`${world.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${world.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

/** Calls the API and rejects for anything but success. */
export async function done(world, method, path, body) {
  const answer = await call(world, method, path, body);
  if (answer.status < 300) return answer.body;
  throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

export function agentOf(handle, members = {}) {
  return {
    handle,
    kind: 'agent',
    name: `Bot ${handle}`,
    owners: ['owner@acme.example'],
    keyCustody: 'registry',
    ...members,
  };
}

export const facet = {
  type: 'provenance',
  reason: 'drill',
  claims: {
    software: {
      name: 'bot',
      version: '1.0.0',
      repository: 'https://acme.example/bot',
      commit: 'a'.repeat(40),
    },
  },
};

/** Runs the command line; `exitCode` is 0 when all went well. */
export async function cli(world, ...words) {
  const run = promisify(execFile);
  const options = { env: environmentOf(world), maxBuffer: 64 * 1024 * 1024 };
  try {
    const { stdout, stderr } = await run(
      process.execPath,
      [join(dist, 'cli/cli.js'), ...words],
      options,
    );
    return { exitCode: 0, stdout, stderr };
  } catch (error) {
    return { exitCode: error.code, stdout: error.stdout ?? '', stderr: error.stderr ?? '' };
  }
}

/** A session of the embedded database, past the service. */
export async function withDatabase(world, work) {
  const [, , , , socketDir] = postmasterLines(world);
  const client = new pg.Client({ host: socketDir, user: 'sealwright', database: 'postgres' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Undefined between two servers. */
export function postmasterPid(world) {
  const pid = Number(postmasterLines(world)[0]);
  return pid > 0 ? pid : undefined;
}

function postmasterLines({ dataDir }) {
  try {
    const file = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith('postmaster.pid'),
    );
    return file === undefined ? [] : readFileSync(join(dataDir, file), 'utf8').split('\n');
  } catch (error) {
    // A server that ends takes its files away while they are read.
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The server of a service that was killed: it goes on, and would later take files away. */
export async function killDatabase(world) {
  const pid = postmasterPid(world);
  if (pid === undefined) return;
  endNow(pid);
  while (isRunning(pid)) await sleep(20);
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

/** What a compact JWS says, unverified. */
export function payloadOf(jwt) {
  return JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url').toString());
}

/** A published bit list: when it is from, and its bits. */
export async function readList(world, path) {
  const response = await fetch(`${world.url}${path}`);
  if (response.status !== 200) throw new Error(`${path} is answered ${response.status}`);
  const payload = payloadOf(await response.text());
  const { encodedList } = payload.credentialSubject;
  const bits = gunzipSync(Buffer.from(encodedList.slice(1), 'base64url'));
  return { validFrom: payload.validFrom, iat: payload.iat, bits };
}

export function bitAt(bits, index) {
  return (bits[index >> 3] & (0x80 >> (index & 7))) !== 0;
}

/** All rows of a listing of the API. */
export async function readAll(world, path, filter = {}) {
  const rows = [];
  let cursor = '';
  do {
    const query = new URLSearchParams({
      ...filter,
      limit: 100,
      ...(cursor === '' ? {} : { cursor }),
    });
    const { data, next } = await done(world, 'GET', `${path}?${query}`);
    rows.push(...data);
    cursor = next ?? '';
  } while (cursor !== '');
  return rows;
}

/** Prints the figures and ends the process by whether they were met. */
export function report(figures, failures) {
  process.stdout.write(`${JSON.stringify({ ...figures, failures })}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
