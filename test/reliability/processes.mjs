/**
 * What the reliability scripts share: processes of the service from dist/, on a PostgreSQL of their own
 * that can be stopped and started, and callers.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/free-port.mjs';

const dist = resolve(import.meta.dirname, '../../dist');
const main = join(dist, 'main.js');

/** A server on a TCP port of loopback whose one role trusts whoever connects. */
export async function startPostgres(folder) {
  const { createCluster } = await import(join(dist, 'db/create-cluster.js'));
  const { prepareDataDir } = await import(join(dist, 'db/prepare-directory.js'));
  const { preparePostgres } = await import(join(dist, 'db/prepare-postgres.js'));
  const place = prepareDataDir({ dataDir: join(folder, 'server'), log: () => {} });
  const cluster = createCluster(place, preparePostgres(place));
  writeFileSync(
    join(cluster.folder, 'pg_hba.conf'),
    'local all all trust\nhost all all 127.0.0.1/32 trust\n',
  );
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: cluster.socketDir,
    max_connections: 120,
  };
  const log = openSync(cluster.logFile, 'a');
  const parameters = Object.entries(settings).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const url = `postgresql://sealwright@localhost:${port}/postgres`;
  const server = { url, child: undefined, logFile: cluster.logFile };
  server.start = async () => {
    server.child = spawn(
      join(cluster.native, 'bin/postgres'),
      ['-D', cluster.folder, ...parameters],
      {
        ...cluster.user,
        cwd: cluster.folder,
        env: { LC_ALL: 'C' },
        stdio: ['ignore', log, log],
      },
    );
    await untilTrue(() => query(url, 'SELECT 1').then(Boolean), 30_000, 'PostgreSQL answers');
  };
  /** As an operator stops it at once: connections are cut, nothing is lost. */
  server.stop = async () => {
    if (server.child === undefined || server.child.exitCode !== null) return;
    const gone = once(server.child, 'exit');
    server.child.kill('SIGINT');
    await gone;
  };
  server.keepLog = (path) => copyFileSync(cluster.logFile, path);
  await server.start();
  return server;
}

export async function query(url, sql) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A folder, a server, and the settings that all processes of one installation share. */
export async function createInstallation() {
  const folder = mkdtempSync('/tmp/sw-reliability-');
  chmodSync(folder, 0o755);
  const postgres = await startPostgres(folder);
  const token = `swt_${randomBytes(32).toString('base64url')}`;
  const publicPort = await freePort();
  const place = {
    folder,
    postgres,
    token,
    url: `http://localhost:${publicPort}`,
    publicPort,
    masterKey: randomBytes(32).toString('base64url'),
    processes: [],
  };
  place.close = async () => {
    for (const { child } of place.processes) child.kill('SIGKILL');
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return place;
}

/** Starts one process and waits until `/readyz` says 200. */
export async function startProcess(place, name, changes = {}) {
  const port = changes.port ?? (await freePort());
  const address = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      SEALWRIGHT_URL: place.url,
      SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
      SEALWRIGHT_DATA_DIR: join(place.folder, name),
      SEALWRIGHT_ADMIN_TOKEN: place.token,
      SEALWRIGHT_MASTER_KEY: place.masterKey,
      SEALWRIGHT_LOG_LEVEL: 'warn',
      SEALWRIGHT_RATE_LIMIT: 'off',
      DATABASE_URL: place.postgres.url,
      ...changes.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => said.push(text));
  const started = { name, child, address, port, said: () => Buffer.concat(said).toString() };
  place.processes.push(started);
  started.stop = async () => {
    const gone = child.exitCode === null ? once(child, 'exit') : [child.exitCode];
    child.kill('SIGTERM');
    return (await gone)[0];
  };
  await untilTrue(
    async () => {
      if (child.exitCode !== null) throw new Error(`${name} ended:\n${started.said()}`);
      const ready = await fetch(`${address}/readyz`).catch(() => undefined);
      return ready?.status === 200;
    },
    60_000,
    `${name} is ready`,
  );
  started.readyMs = Math.round(performance.now() - began);
  return started;
}

export async function untilTrue(question, patienceMs, what) {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    if (await question().catch((error) => refuseEnded(error))) return;
    await sleep(20);
  }
  throw new Error(`Not within ${patienceMs} ms: ${what}.`);
}

function refuseEnded(error) {
  if (/ ended:/.test(error.message)) throw error;
  return false;
}

/** One call of the API. */
export async function call(address, token, method, path, { body, headers = {} } = {}) {
  const response = await fetch(`${address}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: text === '' ? undefined : JSON.parse(text),
  };
}

export async function onboard(address, token, handle) {
  const answer = await call(address, token, 'POST', '/agents', {
    body: {
      ...{ handle, kind: 'agent', name: handle },
      ...{ owners: ['owner@acme.example'], keyCustody: 'registry' },
    },
  });
  if (answer.status !== 201) throw new Error(`onboarding failed: ${JSON.stringify(answer)}`);
  return answer.body;
}

export const provenance = {
  type: 'provenance',
  reason: 'reliability',
  claims: {
    software: {
      ...{ name: 'bot', version: '1.0.0', repository: 'https://acme.example/bot' },
      commit: 'a'.repeat(40),
    },
  },
};

/** GET over connections that stay open; never rejects: `status` 0 is a connection that failed. */
export function createReader({ withinMs = 10_000 } = {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const read = (address, path) =>
    new Promise((resolveRead) => {
      const began = performance.now();
      const done = (status, body, etag, error) =>
        resolveRead({ status, body, etag, error, ms: performance.now() - began });
      const asked = request(address + path, { agent, timeout: withinMs }, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () =>
          done(answer.statusCode, Buffer.concat(chunks), answer.headers.etag ?? null, null),
        );
        answer.on('error', (error) => done(0, null, null, error));
      });
      asked.on('timeout', () => asked.destroy(new Error(`no answer within ${withinMs} ms`)));
      asked.on('error', (error) => done(0, null, null, error));
      asked.end();
    });
  return { read, close: () => agent.destroy() };
}

/** The value below which so many of the sorted values are; rounded to a tenth. */
export function percentile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return Math.round(value * 10) / 10;
}

/** Prints the figures as one line, and says by the exit code whether they are met. */
export async function report(run) {
  try {
    const figures = await run();
    console.log(JSON.stringify(figures));
    process.exitCode = figures.missed.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
