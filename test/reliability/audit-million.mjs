#!/usr/bin/env node
/**
 * Fills an audit trail by SQL with a correct chain, lets a checkpoint be signed over it, verifies all of
 * it over the API, tampers with one record in the last tenth, and verifies again.
 *
 *   node test/reliability/audit-million.mjs [--records 1000000] [--seconds 60]
 *
 * Prints one JSON line of figures; exits 1 when verifying took longer than --seconds, or anything was
 * not found. Works on dist/, with an embedded PostgreSQL of its own.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { freePort } from '../../scripts/free-port.mjs';
import { fillAudit } from './fill-audit.mjs';

const root = resolve(import.meta.dirname, '../..');

/** @param {{ records: number }} options */
export async function runAuditMillion({ records }) {
  const world = await startWorld();
  try {
    const filledMs = await timed(() => world.sql(fillAudit(records)));
    const size = Number((await world.sql('SELECT sequence FROM audit_head'))[0].sequence);
    const signedMs = await timed(() => world.checkpointOf(size));
    let whole = {};
    const cpuBefore = world.cpuMs();
    const verifiedMs = await timed(async () => {
      whole = await world.api('/audit/verify');
    });
    const verifyCpuMs = world.cpuMs() - cpuBefore;
    const victim = size - Math.floor(records / 20);
    await world.sql(
      `UPDATE audit_records SET body = replace(body, 'INC-', 'INC_') WHERE sequence = ${victim}`,
    );
    const tampered = await world.api('/audit/verify');
    return {
      records: size,
      filledMs,
      signedMs,
      verifiedMs,
      verifyCpuMs,
      perSecond: Math.round((size / verifiedMs) * 1000),
      intact: whole.intact === true && whole.records >= size,
      tamperedAt: victim,
      foundAt: tampered.brokenAt,
      peakMemoryMb: world.peakMemoryMb(),
    };
  } finally {
    await world.stop();
  }
}

async function startWorld() {
  const dataDir = mkdtempSync(join(tmpdir(), 'sealwright-million-'));
  chmodSync(dataDir, 0o711);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const token = `swt_${randomBytes(32).toString('base64url')}`;
  const { startPostgres } = await import(join(root, 'dist/db/embedded-postgres.js'));
  const server = await startPostgres({ dataDir: join(dataDir, 'database'), log: () => undefined });
  const env = {
    PATH: process.env.PATH,
    SEALWRIGHT_URL: url,
    SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
    SEALWRIGHT_DATA_DIR: join(dataDir, 'service'),
    SEALWRIGHT_ADMIN_TOKEN: token,
    SEALWRIGHT_LOG_LEVEL: 'silent',
    DATABASE_URL: server.connectionString,
  };
  const child = spawn(process.execPath, [join(root, 'dist/main.js')], { env, stdio: 'inherit' });
  const client = new pg.Client({ connectionString: server.connectionString });
  await waitFor(async () => (await fetch(`${url}/healthz`)).ok);
  await client.connect();
  const read = async (path) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/api/v1${path}`, {
      headers,
      signal: AbortSignal.timeout(600_000),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    api: read,
    sql: async (text) => (await client.query(text)).rows,
    /** Waits for the checkpoint that has so many records. */
    checkpointOf: (size) =>
      waitFor(async () => {
        const response = await fetch(`${url}/audit/checkpoint`);
        return response.ok && Number((await response.text()).split('\n')[1]) >= size;
      }),
    /** What the service took of the processors so far, in the ticks of Linux (100 a second). */
    cpuMs: () => {
      const [, rest = ''] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ');
      const [user, system] = rest.split(' ').slice(11, 13).map(Number);
      return (user + system) * 10;
    },
    peakMemoryMb: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    },
    stop: async () => {
      await client.end();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function waitFor(isThere) {
  for (let tries = 0; tries < 6_000; tries += 1) {
    if (await isThere().catch(() => false)) return;
    await sleep(100);
  }
  throw new Error('It did not come.');
}

async function timed(work) {
  const began = performance.now();
  await work();
  return Math.round(performance.now() - began);
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      records: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '60' },
    },
  });
  const figures = await runAuditMillion({ records: Number(values.records) });
  const isMet =
    figures.intact &&
    figures.foundAt === figures.tamperedAt &&
    figures.verifiedMs <= Number(values.seconds) * 1_000;
  console.log(JSON.stringify({ ...figures, isMet }));
  process.exitCode = isMet ? 0 : 1;
}
